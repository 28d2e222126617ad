"""S7.T2: a yard of hosts with the emulator's own policies, and how it looks to the student's function."""

from types import SimpleNamespace

from labkit.vim.inventory import HostRecord, VmRecord
from labkit.vim.policies import Act, Policies
from labkit.vmm.host import Host
from labkit.world.errors import LabError

REASONS = {"quota": "quota – ", "anti-affinity": "place: group ", "image": "image: "}


class Yard:
    """The policies of one scenario, its VMs, and what is said about each of them."""

    def __init__(self, world, data):
        hosts = {name: HostRecord(name, at, Host()) for at, name in enumerate(data["hosts"])}
        self.policies, self.status, self.asked = Policies(world, hosts=hosts, vms={}), {}, {}
        self.hosts, self.vms, self.before = hosts, self.policies.vms, None
        for project, most in data["quotas"].items():
            self.policies.quota(project, **most)
        for group in data["apart"]:
            self.policies.separate(group)
        self.images(data["images"])

    def images(self, allowed):
        for project, templates in allowed.items():
            self.policies.images(project, *templates)

    # -- requests ----------------------------------------------------------------------------------------------------
    def complete(self, request):
        """A request with everything that is known about its VM, and no key left out."""
        known = self.asked.get(request["name"], {})
        return {**known, "host": None, **request}

    def verdict(self, request):
        """True, or the policy that the emulator says is broken (and its words)."""
        host = request["host"]
        spec = SimpleNamespace(memory_mib=request["memory_mib"], vcpus=request["vcpus"], disk_gib=0)
        act = Act(request["op"], request["name"], request["project"], spec, request["template"],
                  tuple(request["groups"]), host)  # fmt: skip
        try:
            self.policies.admit(act)
        except LabError as error:
            return next(reason for reason, words in REASONS.items() if words in error.message), error.message
        return True, ""

    def admitted(self, request):
        """From now on it is on its way."""
        name = request["name"]
        if request["op"] == "create":
            self.vms[name] = VmRecord(name, 0, None, groups=tuple(request["groups"]), project=request["project"])
        if request["op"] == "migrate":
            self.vms[name].target = self.hosts[request["host"]]
        elif request["host"]:
            self.vms[name].host = self.hosts[request["host"]]
        self.before = {**self.asked.get(name, request)} if request["op"] == "resize" else None
        self.asked[name] = {key: value for key, value in request.items() if key not in ("op", "host")}
        self.status[name] = "pending"

    # -- what becomes of them ------------------------------------------------------------------------------------------
    def happen(self, step):
        if "images" in step:
            return self.images(step["images"])
        name, what = step["name"], step["then"]
        vm = self.vms[name]
        if what == "done":
            vm.host = self.hosts[step["host"]] if step["host"] else vm.host
            vm.target, self.status[name] = None, "running"
            return self.policies.settle(name)
        if what == "failed":
            return self._failed(name)
        if what == "stopped":
            self.policies.admit(Act("stop", name, vm.project))
            self.policies.settle(name)
        else:
            self.policies.released(name)
            vm.host = None
        self.status[name] = what

    def _failed(self, name):
        self.policies.give_back(name)
        if self.before is not None:  # a resize: it goes on with its old size
            self.asked[name], self.status[name] = self.before, "running"
        else:
            self.status[name], self.vms[name].host = "failed", None

    # -- what the student's function sees ------------------------------------------------------------------------------
    def state(self):
        """The policies and all VMs, as plain values."""
        policies = self.policies
        return {
            "quotas": {project: dict(most) for project, most in policies.quotas.items()},
            "images": {project: list(some) for project, some in policies.allowed.images.items()},
            "apart": sorted(policies.allowed.apart),
            "vms": [self._shown(name) for name in self.vms],
        }

    def _shown(self, name):
        vm, asked, status = self.vms[name], self.asked[name], self.status[name]
        used = asked["memory_mib"] // 4 if status == "running" else 0
        return {
            **{key: asked[key] for key in ("name", "project", "memory_mib", "vcpus", "groups")},
            "used_mib": used,
            "status": status,
            "host": vm.host.name if vm.host else None,
            "target": vm.target.name if vm.target else None,
        }
