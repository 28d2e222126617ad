"""The room of Q2.T1: real hosts in a world, and what a VIM may ask them: proxies with the public methods of a Vmm.

A proxy lets through what a management process would answer. It refuses what a VMM cannot know (other hosts:
LookupError) and what a VIM cannot see (the VMM's inside: PermissionError), and remembers that somebody tried.
"""

from labkit.lab.artefact import Handle
from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.world import LabError, Unanswered

METHODS = (
    "define", "undefine", "start", "pause", "resume", "suspend", "shutdown", "reboot", "kill", "migrate_to",
    "list", "info", "node_info",
)  # fmt: skip
ELSEWHERE = ("host", "cluster", "place", "find", "where", "schedule", "vim", "other", "peer", "room")


class Room:
    """Hosts with one shared datastore.

    tried    each step over the boundary: (belief, words)
    doubled  each order to start a VM whose disk another host had in use, in words
    """

    def __init__(self, world, hosts):
        self.world, self.tried, self.doubled, self.lose_answer = world, [], [], False
        san = Datastore(world, "san", 500)
        self.vmms = {
            name: Vmm(world, name, Host(memory_mib=memory_mib), datastore=san) for name, memory_mib in hosts.items()
        }
        self.proxies = {name: self._proxy(vmm) for name, vmm in self.vmms.items()}

    def _proxy(self, vmm):
        methods = {
            method: lambda *args, method=method, **given: self.ask(vmm, method, args, given) for method in METHODS
        }
        return Handle(vmm.name, methods, lambda wanted: self._refuse(vmm, wanted))

    def _refuse(self, vmm, wanted):
        if any(word in wanted.lower() for word in ELSEWHERE):
            self.tried.append(("Q2.m3", f"you asked {vmm.name} for {wanted!r}: it knows no other host"))
            raise LookupError(f"{vmm.name} has no {wanted!r}: a VMM knows one host, its own")
        self.tried.append(("S7.m2", f"you reached for {wanted!r} inside {vmm.name}"))
        raise PermissionError(f"{wanted!r} is inside {vmm.name}; its public methods are {', '.join(METHODS)}")

    def ask(self, vmm, method, args, given):
        """One call of a VIM, answered or not."""
        self._watch(vmm, method, args, given)
        if method == "start" and self.lose_answer:
            self.lose_answer = False
            self.world.cut(vmm.manager.name, "admin", both_ways=False)
        try:
            return getattr(vmm, method)(*args, **given)
        except Unanswered as silence:
            raise ConnectionError(str(silence)) from None
        except LabError as error:
            if "is in use by" in error.message:
                holder = error.message.split()[-1]
                self.doubled.append(f"it is started on {vmm.name}, and nobody knows that it has ended on {holder}")
            kinds = {404: LookupError, 501: LookupError}
            raise kinds.get(error.code, ValueError)(str(error)) from None

    def _watch(self, vmm, method, args, given):
        place = {"list": 0, "node_info": 0, "info": 1}.get(method)
        host = given.get("host") or (args[place] if place is not None and len(args) > place else None)
        if host not in (None, vmm.name):
            self.tried.append(("Q2.m3", f"you asked {vmm.name} about {host!r}: it knows no other host"))
        if method == "migrate_to" and len(args) < 2 and given.get("target") is None:
            name = args[0] if args else given.get("name")
            self.tried.append(("Q2.m2", f"you told {vmm.name} to move {name!r} and did not say where to"))

    # -- what happens to the hosts ---------------------------------------------------------------------------------
    def happen(self, step):
        """An accident, or somebody's hand, between two requests."""
        what, host = step["do"], step.get("host")
        if what in ("cut", "heal"):
            getattr(self.world, what)("admin", f"{host}-libvirtd")
        elif what in ("crash", "start"):
            getattr(self.world, what)(host)
        elif what in ("stop libvirtd", "start libvirtd"):
            getattr(self.world, what.split()[0])(f"{host}-libvirtd")
        elif what == "lose the answer":
            self.lose_answer = True
        elif what == "move by hand":
            self.vmms[self.running(step["name"])[0]].migrate_to(step["name"], host)
        else:
            self.vmms[host].define(step["name"], memory_mib=step["memory_mib"])
            self.vmms[host].start(step["name"])

    # -- what the judge sees ---------------------------------------------------------------------------------------
    def running(self, name):
        """Hosts on which a copy is active; of a live migration that is never seen from outside, one."""
        return [host for host, vmm in self.vmms.items() if name in vmm.domains and vmm.domains[name].active]

    def everywhere(self):
        """Every active VM: name → hosts."""
        names = {name for vmm in self.vmms.values() for name in vmm.domains}
        return {name: hosts for name in sorted(names) if (hosts := self.running(name))}

    def rest(self, name):
        """What a VM does instead of running, in words; None if it runs."""
        states = [self.vmms[host].domains[name].state for host in self.running(name)]
        if not states:
            return "does not run any more; its memory is lost"
        return None if "running" in states else f"is {states[0]} now"

    def free_mib(self, host):
        """What a host has not promised yet."""
        vmm = self.vmms[host]
        return vmm.host.memory_mib - sum(domain.live.memory_mib for domain in vmm.domains.values() if domain.active)

    def silent(self, host):
        """Nobody answers there, dead or alive."""
        vmm = self.vmms[host]
        links = [self.world.network.link(*pair) for pair in (("admin", vmm.manager), (vmm.manager, "admin"))]
        return vmm.manager.state != "running" or any(link.is_cut for link in links)

    def boots(self, name):
        """How often this VM was started with empty memory."""
        return len(self.world.trace.where(kind="libvirt", what=f"{name}: running (booted)"))
