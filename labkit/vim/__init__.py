"""labkit.vim: many hosts, and somebody who decides which of them runs what.

    from labkit.vim import Spec, datacenter
    from labkit.world import World

    w = World(seed=7)
    vim = datacenter(w, hosts=3, shared=("san1",))         # hosts esx1 … esx3 with agent and BMC, and a node 'vim'
    job = vim.create("web", spec=Spec(memory_mib=2048, datastore="san1"))
    w.run(until=30)                                        # nothing has happened before: the answer is a job, not a VM
    vim.inventory()                                        # what the VIM *believes*: 'running', 'unknown since 40 s'
    vim.migrate("web"); vim.stop("web"); vim.terminate("web")

A VIM is not above the hosts as a hypervisor is above its VMs. It has a database of what was ordered, a memory of what
it was told, and messages, which may be lost. It compares the two again and again and orders what is missing; every
order may be repeated safely. Stop it, and every VM runs on.

Faults   w.stop("vim"), w.crash("vim"), w.crash("esx1"), w.stop("esx1-agent"), w.cut("vim", "esx1-agent"); w.start(…)

The rooms: placement (which host), templates, policies (what may be done), monitoring, replication, failover (when a
host is silent), balancing. Each is given to the VIM: Vim(…, failover=…) or vim.use(failover=…).
"""

from labkit.lazy import names

HOMES = {
    "Vim": "vim",
    "Spec": "spec",
    "datacenter": "assembly",
    "Job": "jobs",
    "HostRecord": "inventory",
    "VmRecord": "inventory",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
