"""S9.T1: hosts and VMs of a scenario as they are now, and who was moved when."""

from labkit.vim.balancing.metric import imbalance


class State:
    """The hosts and VMs of a scenario as they are now, and what was moved when."""

    def __init__(self, data):
        self.hosts = {host["name"]: host for host in data["hosts"]}
        self.vms = {vm["name"]: dict(vm) for vm in data["vms"]}
        self.moved = {}  # VM → (minute, from where)

    def shown(self, minute):
        """What the student's function gets."""
        vms = []
        for name, vm in self.vms.items():
            at, source = self.moved.get(name, (None, None))
            vms.append({**vm, "came_from": source, "moved_min": None if at is None else minute - at})
        return {"hosts": list(self.hosts.values()), "vms": vms}

    def used(self, host, what):
        """MHz or MiB of all VMs on a host."""
        return sum(vm[what] for vm in self.vms.values() if vm["host"] == host)

    def imbalance(self):
        return imbalance([self.used(name, "demand_mhz") / host["capacity_mhz"] for name, host in self.hosts.items()])

    def move(self, name, target, minute):
        self.moved[name] = (minute, self.vms[name]["host"])
        self.vms[name]["host"] = target
