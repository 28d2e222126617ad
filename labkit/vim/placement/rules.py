"""Affinity rules: which VMs belong together or apart, and on which hosts a VM may be.

    apart     VM–VM anti-affinity: two of these never on one host (two database servers)
    together  VM–VM affinity: all of these on one host (a web server and its cache)
    on, off   VM–host affinity and anti-affinity: only on, or never on, these hosts (a licence, a graphics card)

A *must* rule is a filter: rather no place than a wrong one. A *should* rule is a weigher: it gives way. Rules speak of
VMs by name, of a group (whoever carries its name), or of a project. They are asked when a place is looked for: a VM
that is somewhere already stays there, and `broken()` says so.

What the real one does differently: vSphere has must and should for VM–host rules only; two contradicting VM–VM rules
are both kept and the younger one is switched off; its HA heeds VM–host musts, and VM–VM anti-affinity by an option.
Nova has server groups (one per VM): affinity, anti-affinity, soft-affinity, soft-anti-affinity.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass

from labkit.vim.keeping import writing
from labkit.vim.placement import contradictions
from labkit.world.errors import LabError, unknown, words

KINDS = ("together", "apart", "on", "off")
POLICY = "policy: "  # so begin the names of rules that a policy has written


@dataclass(frozen=True)
class Rule:
    """Made by the methods of Rules. Exactly one of vms, group and project says whom it binds."""

    name: str
    kind: str
    vms: tuple = ()
    group: str | None = None
    project: str | None = None
    hosts: tuple = ()
    must: bool = True

    def binds(self, vm):
        """Whether it speaks of this VM."""
        if self.vms:
            return vm.name in self.vms
        return self.group in vm.groups if self.group is not None else vm.project == self.project

    @property
    def whom(self):
        """In words."""
        if self.vms:
            return ", ".join(self.vms)
        return f"group {self.group}" if self.group is not None else f"project {self.project}"

    def __repr__(self):
        where = f" {', '.join(self.hosts)}" if self.hosts else ""
        return f"<rule {self.name!r}: {self.whom} {'must' if self.must else 'should'} be {self.kind}{where}>"


def books():
    """Where the rules about a VM are found: by its name, its groups, its project."""
    return {"vm": defaultdict(list), "group": defaultdict(list), "project": defaultdict(list)}


class Outside:
    """Where rules are that belong to no world: nothing is noted to be done again."""

    inside = True


class Rules:
    """The rules of a placement. LabError (400, 404, 409) when one is written that cannot be meant, that contradicts
    others, or that nothing can satisfy; then nothing has changed.
    """

    world, vim = Outside, None

    def __init__(self, capacity):
        self.capacity, self.all = capacity, {}
        self._of = books()
        self.where = {}  # rule → {(VM, index of its host)}

    def __repr__(self):
        return "\n".join(map(repr, self.all.values())) or "<no rules>"

    def __bool__(self):
        return bool(self.all)

    # -- writing -------------------------------------------------------------------------------------------------------
    @writing
    def apart(self, name, vms=(), group=None, must=True):
        """No two of these on one host."""
        return self._add(Rule(name, "apart", several(vms, group), group, must=must))

    @writing
    def together(self, name, vms=(), group=None, must=True):
        """All of these on one host."""
        return self._add(Rule(name, "together", several(vms, group), group, must=must))

    @writing
    def on(self, name, hosts, vms=(), group=None, project=None, must=True):
        """These VMs on these hosts only."""
        return self._add(Rule(name, "on", listed(vms, "vms"), group, project, listed(hosts, "hosts"), must))

    @writing
    def off(self, name, hosts, vms=(), group=None, project=None, must=True):
        """These VMs never on these hosts."""
        return self._add(Rule(name, "off", listed(vms, "vms"), group, project, listed(hosts, "hosts"), must))

    def _add(self, rule):
        self._meant(rule)
        contradictions.refuse(rule, self.all.values(), self.capacity.index)
        policies = self.vim and self.vim.policies_or_none
        if policies:
            policies.agree((*self.all.values(), rule), rule.project)
        self._take(rule)
        self._keep()
        return rule

    def _take(self, rule):
        self.all[rule.name] = rule
        for book, key in self._keys(rule):
            self._of[book][key].append(rule)
        self._look(rule)

    def _keep(self):
        if self.vim is not None:
            self.vim.keep("placement")

    def _look(self, rule):
        """Find the VMs that the rule speaks of where they are now."""
        self.where[rule.name] = {(vm.name, host.index) for host in self.capacity.hosts for vm in host.vms.values()
                                 if rule.binds(vm)}  # fmt: skip

    def move(self, capacity):
        """The same rules for other hosts."""
        self.capacity = capacity
        for rule in self.all.values():
            self._look(rule)

    def join(self, vim):
        """From now on what is written here from outside is part of this VIM's world, and lies in its database."""
        self.world, self.vim, self.name = vim.world, vim, f"{vim.name}-rules"
        self.world.add(self)

    def written(self):
        """The rules as plain data, in the order in which they were written."""
        return [asdict(rule) for rule in self.all.values()]

    def recall(self, data):
        """These rules, as written() gave them, and no others."""
        self.all, self.where, self._of = {}, {}, books()
        for values in data or ():
            self._take(Rule(**{name: tuple(value) if isinstance(value, list) else value
                               for name, value in values.items()}))  # fmt: skip

    def _meant(self, rule):
        if words(rule.name, "a rule's name") in self.all:
            raise LabError(f"there is already a rule {rule.name!r}", 409, True, "remove it first, or name it otherwise")
        if sum(bool(whom) for whom in (rule.vms, rule.group, rule.project)) != 1:
            why = f"rule {rule.name!r} must say whom it binds, in one way"
            raise LabError(why, 400, True, "give vms, or a group, or a project")
        for whom, what in ((rule.group, "group"), (rule.project, "project")):
            if whom is not None:
                words(whom, f"a {what}'s name")
        if not isinstance(rule.must, bool):
            raise LabError(f"must is True or False, not {rule.must!r}", 400, True)
        if rule.kind in ("on", "off") and not rule.hosts:
            raise LabError(f"rule {rule.name!r} names no host", 400, True, "give the hosts it speaks of")
        for host in rule.hosts:
            if host not in self.capacity.index:
                error = unknown("host", host, self.capacity.index)
                raise LabError(f"rule {rule.name!r}: {error.message}", 404, True, error.next_step)

    @staticmethod
    def _keys(rule):
        if rule.vms:
            return [("vm", name) for name in rule.vms]
        return [("group", rule.group)] if rule.group is not None else [("project", rule.project)]

    @writing
    def remove(self, name):
        """The rule is forgotten; nothing moves. LabError: 404 if there is none, 409 if a policy has written it."""
        if words(name, "a rule's name").startswith(POLICY) and name in self.all:
            raise LabError(f"{name!r} is a policy: a rule's author cannot lift it", 409, True, "policies.loosen(group)")
        self.lift(name)

    def lift(self, name):
        """Forget a rule, whoever has written it. LabError (404)."""
        if words(name, "a rule's name") not in self.all:
            error = unknown("rule", name, self.all)
            raise LabError(error.message, 404, True, error.next_step)
        rule = self.all.pop(name)
        del self.where[name]
        for book, key in self._keys(rule):
            self._of[book][key].remove(rule)
        self._keep()

    # -- reading -------------------------------------------------------------------------------------------------------
    def of(self, vm):
        """The rules that speak of a VM (a record or a request), in the order in which they were written."""
        found = list(self._of["vm"].get(vm.name, ()))
        for group in vm.groups:
            found += self._of["group"].get(group, ())
        if vm.project is not None:
            found += self._of["project"].get(vm.project, ())
        return sorted(found, key=list(self.all.values()).index) if len(found) > 1 else found

    def placed(self, vm, at, there=True):
        """A VM has (or no longer has) a place on the host of this index."""
        for rule in self.of(vm):
            (self.where[rule.name].add if there else self.where[rule.name].discard)((vm.name, at))

    def others(self, rule, vm):
        """Index of a host → names of the rule's other VMs there, sorted."""
        there = defaultdict(list)
        for name, at in sorted(self.where[rule.name]):
            if name != vm.name:
                there[at].append(name)
        return there

    def broken(self):
        """[(rule, words), …]: where VMs are against a rule now, must or should."""
        found = []
        for rule in self.all.values():
            said = self._against(rule)
            found += [(rule, words) for words in said]
        return found

    def _against(self, rule):
        there, hosts = self.others(rule, Nobody), self.capacity.hosts
        if rule.kind == "apart":
            return [f"{' and '.join(vms)} on {hosts[at].name}" for at, vms in there.items() if len(vms) > 1]
        if rule.kind == "together":
            spread = [f"{', '.join(vms)} on {hosts[at].name}" for at, vms in sorted(there.items())]
            return ["; ".join(spread)] if len(spread) > 1 else []
        named = self.capacity.indices(rule.hosts)
        return [f"{', '.join(vms)} on {hosts[at].name}" for at, vms in sorted(there.items())
                if (at in named) != (rule.kind == "on")]  # fmt: skip


class Nobody:
    """Stands for no VM where one is left out."""

    name = None


def listed(names, what):
    """Names as a tuple without repetitions. LabError (400) for a single text."""
    if isinstance(names, str):
        raise LabError(f"{what} must be a list of names, not {names!r}", 400, True, f"write ({names!r},)")
    if not isinstance(names, (list, tuple)):
        raise LabError(f"{what} must be a list of names, not {names!r}", 400, True, '("esx1", "esx2")')
    return tuple(dict.fromkeys(words(name, f"one of the {what}") for name in names))


def several(vms, group):
    """The VMs of a VM–VM rule: at least two, unless it is about a group."""
    named = listed(vms, "vms")
    if group is None and len(named) < 2:
        raise LabError("a rule between VMs needs two of them, or a group", 400, True, 'vms=("db1", "db2")')
    return named
