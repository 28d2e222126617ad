"""A small data centre in which everything goes wrong, and somebody who sees the truth."""

from contextlib import suppress

from labkit.vim import Spec, datacenter
from labkit.vmm import Host
from labkit.world import LabError, World

HOSTS = ("esx1", "esx2", "esx3")
VMS = ("web", "db", "mail", "shop")
SPEC = Spec(memory_mib=1024, datastore="san1", dirty_mib_s=5)


class Restarter:
    """The least that a failover system does: fence, then restart; try again while the fence fails."""

    def __init__(self):
        self.vim = None

    def bind(self, vim):
        self.vim = vim

    def host_silent(self, host):
        self.vim.node.process(self._recover(host))

    def _recover(self, host):
        while host.state == "unknown":
            if (yield from self.vim.fence(host, timeout_s=3)):
                for vm in list(host.vms.values()):
                    if vm.desired in ("running", "paused") and vm.spec.datastore:
                        self.vim.restart(vm.name)
            else:
                yield self.vim.world.timeout(20)

    def __replay__(self, world):
        return Restarter()


def center(seed=1, failover=True, **vim):
    """(world, vim) with three hosts and a shared datastore."""
    world = World(seed=seed)
    parts = {"failover": Restarter()} if failover else {}
    return world, datacenter(world, hosts=3, host=Host(memory_mib=8192, disk_gib=100), detect_s=40, **parts, **vim)


def act(world, vim, what, a, b):
    """One thing that happens. Orders that the VIM refuses are part of the story."""
    host, vm = HOSTS[a % 3], VMS[b % 4]
    with suppress(LabError):
        ACTS[what](world, vim, host, vm, HOSTS[(a + 1 + b % 2) % 3])


ACTS = {
    "create": lambda w, vim, host, vm, other: vim.create(vm, spec=SPEC),
    "create there": lambda w, vim, host, vm, other: vim.create(vm, spec=SPEC, host=host),
    "terminate": lambda w, vim, host, vm, other: vim.terminate(vm),
    "start": lambda w, vim, host, vm, other: vim.start(vm),
    "stop": lambda w, vim, host, vm, other: vim.stop(vm),
    "shut down": lambda w, vim, host, vm, other: vim.stop(vm, graceful=True),
    "pause": lambda w, vim, host, vm, other: vim.pause(vm),
    "resume": lambda w, vim, host, vm, other: vim.resume(vm),
    "migrate": lambda w, vim, host, vm, other: vim.migrate(vm),
    "migrate there": lambda w, vim, host, vm, other: vim.migrate(vm, host),
    "crash host": lambda w, vim, host, vm, other: w.crash(host),
    "start host": lambda w, vim, host, vm, other: w.start(host),
    "crash vim": lambda w, vim, host, vm, other: w.crash("vim"),
    "stop vim": lambda w, vim, host, vm, other: w.stop("vim"),
    "start vim": lambda w, vim, host, vm, other: w.start("vim"),
    "stop agent": lambda w, vim, host, vm, other: w.crash(f"{host}-agent"),
    "start agent": lambda w, vim, host, vm, other: w.start(f"{host}-agent"),
    "stop libvirtd": lambda w, vim, host, vm, other: w.stop(f"{host}-libvirtd"),
    "start libvirtd": lambda w, vim, host, vm, other: w.start(f"{host}-libvirtd"),
    "cut": lambda w, vim, host, vm, other: w.cut("vim", f"{host}-agent"),
    "cut towards": lambda w, vim, host, vm, other: w.cut("vim", f"{host}-agent", both_ways=False),
    "cut back": lambda w, vim, host, vm, other: w.cut(f"{host}-agent", "vim", both_ways=False),
    "cut bmc": lambda w, vim, host, vm, other: w.cut("vim", f"{host}-bmc"),
    "cut hosts": lambda w, vim, host, vm, other: w.cut(f"{host}-libvirtd", f"{other}-libvirtd"),
    "heal": lambda w, vim, host, vm, other: w.heal(),
}


def weather(world, loss, duplicate, jitter_s):
    """The links between the VIM and its agents lose, double and delay."""
    for host in HOSTS:
        world.link("vim", f"{host}-agent", loss=loss, duplicate=duplicate, jitter_s=jitter_s)


def calm(world):
    """From now on nothing goes wrong, and everything runs."""
    weather(world, 0, 0, 0)
    world.heal()
    for host in HOSTS:
        for name in (host, f"{host}-libvirtd", f"{host}-agent"):
            world.start(name)
    world.start("vim")


def twice(world, hosts=HOSTS):
    """Moments (t, vm, hosts) at which a VM ran on two hosts, by what the hosts themselves did, event by event."""
    running, found = {}, []
    for _, t, src, _, kind, _, _, _, detail in world.rows:
        if kind == "libvirt" and detail and "domain" in detail and "state" in detail and src in hosts:
            places = running.setdefault(detail["domain"], set())
            (places.add if detail["state"] == "running" else places.discard)(src)
            if len(places) > 1:
                found.append((round(t, 3), detail["domain"], sorted(places)))
        elif kind == "fault" and detail and "domain" in detail:
            running.get(detail["domain"], set()).discard(src)
    return found


def truth(world):
    """{vm: [(host, state), …]} of what is really there, off or not."""
    there = {}
    for host in HOSTS:
        for name, domain in world.components[host].domains.items():
            there.setdefault(name, []).append((host, domain.state))
    return there


def astray(world, vim):
    """VMs that are otherwise than desired: [(vm, desired, host, what is there)]."""
    there, wrong = truth(world), []
    for vm in vim.vms.values():
        running = [host for host, state in there.get(vm.name, ()) if state == "running"]
        paused = [host for host, state in there.get(vm.name, ()) if state == "paused"]
        home = [vm.host.name] if vm.host else []
        fits = {"running": (running, paused) == (home, []) and home, "paused": (running, paused) == ([], home) and home}
        if not fits.get(vm.desired, not running and not paused):
            wrong.append((vm.name, vm.desired, vm.host and vm.host.name, there.get(vm.name)))
    alive = {"running", "paused"}
    for name, places in there.items():
        if name not in vim.vms and alive & {state for _, state in places}:
            wrong.append((name, "released", None, places))
    return wrong
