"""The policies of one VIM: written by its operator, asked before every act.

    act ─▶ role? ─▶ image? ─▶ place? ─▶ quota? ─▶ reservation? ─▶ claim taken ─▶ the VIM does it
            403      403        403       403         507

Acts are asked one after the other, each against what is used *and* what is pending, so the order of arrival decides
and not the luck of who is done first.
"""

from labkit.vim.keeping import writing
from labkit.vim.policies import acts, admission, contradictions, limits
from labkit.vim.policies.claims import Claims, size_of
from labkit.vim.policies.listing import Listing
from labkit.vim.policies.paper import on_paper, read
from labkit.vim.policies.places import Places, known, missing, names
from labkit.vim.policies.roles import Roles
from labkit.world import action
from labkit.world.errors import words

RATIOS = {"cpu": 4.0, "memory": 1.0, "disk": 1.0}


class Policies:
    """hosts, vms   the VIM's records by name (dicts that it goes on changing)
    ratios       how often vCPUs, memory and disk may be promised
    placement    where rules for groups are written, or None
    Public methods raise LabError: 400 what cannot be meant, 403 not allowed, 404 unknown, 409 contradiction, 507 kept
    for others.
    """

    @action
    def __init__(self, world, hosts=None, vms=None, ratios=None, placement=None, name="vim-policies"):
        self.world, self.name, self.vim, self._placement = world, name, None, placement
        self.hosts, self.vms = {} if hosts is None else hosts, {} if vms is None else vms
        self.ratios = {**RATIOS, **(ratios or {})}
        self.quotas, self.reservations = {}, {}
        self.allowed, self.roles, self.claims = Places(), Roles(), Claims()
        self.active = self.counting = False
        self._capacity, self._capacity_of, self._conditions, self._conditions_of = None, None, {}, 0

    @property
    def placement(self):
        """Where rules for groups are written: that of the VIM, or the one that was given."""
        return self._placement if self.vim is None else self.vim.placement

    def __repr__(self):
        return f"<Policies: {len(self.quotas)} quotas, {len(self.reservations)} reservations>"

    # -- writing ---------------------------------------------------------------------------------------------------
    @writing
    def quota(self, project, **most):
        """A project may hold at most this: vcpus, memory_mib (of VMs that are on), disk_gib, vms (of all). Without
        sizes: no quota any more."""
        words(project, "a project's name")
        quota = limits.limit(most, "quota")
        self._counted()
        used, pending = self.claims.sums(project)
        contradictions.quota_against_use(project, quota, used, pending)
        contradictions.quota_against_reservation(project, quota, self.reservations.get(project, {}))
        self.counting = True
        self._write(self.quotas, project, quota, "quota")

    @writing
    def reserve(self, project, **least):
        """Keep so much free for a project, in all hosts together. Without sizes: no reservation any more."""
        words(project, "a project's name")
        reserved = limits.limit(least, "reservation")
        self._counted()
        contradictions.quota_against_reservation(project, self.quotas.get(project, {}), reserved)
        contradictions.reservations_against_capacity({**self.reservations, project: reserved}, self.capacity)
        mine = tuple(map(sum, zip(*self.claims.sums(project), strict=True)))
        contradictions.reservation_against_use(project, reserved, self.capacity, self.taken, mine)
        self.counting = True
        self._write(self.reservations, project, reserved, "reservation")

    @writing
    def images(self, project, *templates):
        """The templates from which a project may start VMs. Without any: all are allowed again."""
        self._write(self.allowed.images, words(project, "a project's name"), names(templates, "a template"), "images")

    @writing
    def place(self, project, clusters=None, hosts=None):
        """Where a project may run. None: anywhere."""
        clusters = names(clusters, "a cluster's name") if clusters is not None else ()
        hosts = names(hosts, "a host's name") if hosts is not None else ()
        known(self.hosts, clusters, hosts)
        words(project, "a project's name")
        draft = self.allowed.copy()
        for table, value in ((draft.clusters, clusters), (draft.hosts, hosts)):
            table.pop(project, None)
            table.update({project: value} if value else {})
        contradictions.allowed_nowhere(draft, project, list(self.hosts.values()))
        contradictions.places_against_rules(draft, self._rules(), project, self.hosts.values())
        contradictions.place_against_use(draft, project, [vm for vm in self.vms.values() if vm.project == project])
        self._adopt(draft, "place", project, clusters=clusters, hosts=hosts)

    @writing
    def exclusive(self, host, project):
        """A host for one project alone; project None: for all again."""
        known(self.hosts, (), (words(host, "a host's name"),))
        draft = self.allowed.copy()
        draft.owners.pop(host, None)
        if project is not None:
            draft.owners[host] = words(project, "a project's name")
            guests = [(vm.name, vm.project) for vm in self.vms.values() if admission.home(vm) == host]
            contradictions.exclusive_against_use(host, project, guests)
        projects = {*draft.hosts, *draft.clusters, *(vm.project for vm in self.vms.values())}
        for other in sorted(projects - {None}):
            contradictions.allowed_nowhere(draft, other, list(self.hosts.values()))
        for other in sorted({rule.project for rule in self._rules()} - {None}):
            contradictions.places_against_rules(draft, self._rules(), other, self.hosts.values())
        self._adopt(draft, "exclusive", project, host=host)

    @writing
    def separate(self, group):
        """Members of this group never share a host: a policy, so nobody's order overrules it."""
        contradictions.apart_and_together(words(group, "a group's name"), "apart", self.allowed.near)
        contradictions.apart_against_use(group, self._homes(group, (admission.home, admission.bound_for)))
        if self.placement is not None:
            self.placement.rules.apart(f"policy: {group} apart", group=group, must=True)
        self.allowed.apart.add(group)
        self._written("apart", group)

    @writing
    def together(self, group):
        """Members of this group always share a host."""
        contradictions.apart_and_together(words(group, "a group's name"), "together", self.allowed.apart)
        contradictions.together_against_use(group, self._homes(group))
        if self.placement is not None:
            self.placement.rules.together(f"policy: {group} together", group=group, must=True)
        self.allowed.near.add(group)
        self._written("together", group)

    @writing
    def loosen(self, group):
        """Neither apart nor together any more. LabError (404) for a group without such a policy."""
        for kind, groups in (("apart", self.allowed.apart), ("together", self.allowed.near)):
            if words(group, "a group's name") in groups:
                groups.discard(group)
                if self.placement is not None:
                    self.placement.rules.lift(f"policy: {group} {kind}")
                return self._written("loosened", group)
        raise missing("group with a policy", group, self.allowed.apart | self.allowed.near)

    @writing
    def group(self, name, *users):
        """A group of users, who get what the group gets."""
        self.roles.group(name, *users)
        self._written("group", name, users=list(users))

    @writing
    def role(self, name, *privileges):
        """A role of one's own: a set of privileges (labkit.vim.policies.roles.ALL)."""
        self.roles.role(name, *privileges)
        self._written("role", name, privileges=list(privileges))

    @writing
    def permit(self, principal, role, path="/", propagate=True):
        """Give a user or a group a role on an object of the inventory ('/vm/shop'), and on what is below it."""
        self.roles.permit(principal, role, path, propagate)
        self._written("permission", principal, role=role, path=path, propagate=propagate)

    @writing
    def revoke(self, principal, path="/"):
        """Take a permission back."""
        self.roles.revoke(principal, path)
        self._written("permission", principal, role=None, path=path)

    # -- asking ----------------------------------------------------------------------------------------------------
    def admit(self, act):
        """Return if the Act may be done, and take its claim; LabError with the reason otherwise, and nothing has
        changed."""
        if act.user is not None:
            self.roles.check(act, act.path(self.hosts))
        if act.vm is None:
            return
        admission.image(self, act)
        admission.place(self, act)
        if self.counting:
            admission.room(self, act)

    def agree(self, rules, project):
        """LabError (409) if these rules of placement and the policies together leave a project no host."""
        if project is not None:
            contradictions.places_against_rules(self.allowed, rules, project, self.hosts.values())

    def places(self, project):
        """Conditions for placement.Request (hosts=, within=, excluded=) of a project: {} if it may run anywhere."""
        if self._conditions_of != len(self.hosts):
            self._conditions, self._conditions_of = {}, len(self.hosts)
        if project not in self._conditions:
            self._conditions[project] = self.allowed.conditions(project, self.hosts.values())
        return self._conditions[project]

    # -- the VIM's hooks ---------------------------------------------------------------------------------------------
    def bind(self, vim):
        """It belongs to this VIM from now on."""
        self.vim, self.hosts, self.vms = vim, vim.hosts, vim.vms

    def started(self):
        """The VIM's process has started: claims are counted anew from its records."""
        if self.counting:
            self.recount()

    def written(self):
        """All policies as plain data: what lies in the VIM's database."""
        return on_paper(self)

    def recall(self, data):
        """These policies, as written() gave them, and no others. None: the VIM's process has ended."""
        self.quotas, self.reservations, self.allowed, self.roles = read(data or {})
        self.active, self.counting = bool(data), bool(self.quotas or self.reservations)
        self.claims, self._conditions, self._capacity = Claims(), {}, None

    def settle(self, vm):
        """The VM of this name is as it was ordered: what was pending is used."""
        self.claims.settle(vm)

    def give_back(self, vm):
        """The request for this VM failed: its claim comes back."""
        self.claims.give_back(vm)

    def released(self, vm):
        """The VM is gone, and its claim with it."""
        self.claims.release(vm)

    def recount(self):
        """Make the claims anew from the VIM's records: after its restart, or when the first quota is written."""
        self.claims = Claims()
        for vm in self.vms.values():
            if vm.desired != "absent":
                self.claims.ask(vm.name, vm.project, size_of(vm.spec, vm.desired in acts.LIVES))
                if vm.seen == vm.desired or vm.job is None:  # without a job nobody will tell how it ended
                    self.claims.settle(vm.name)

    def _counted(self):
        if not self.counting:
            self.recount()

    # -- figures -----------------------------------------------------------------------------------------------------
    @property
    def capacity(self):
        """(vcpus, memory_mib, disk_gib, None): what may be promised in all hosts of the inventory, and on the shared
        datastores; all None while there is no host."""
        promised = getattr(self.placement, "capacity", None)
        ratios = promised.ratios if promised is not None else self.ratios
        shared_mib = sum(total for total, _ in promised.shared.values()) if promised is not None else 0
        key = len(self.hosts), shared_mib
        if self._capacity is None or self._capacity_of != key:
            self._capacity, self._capacity_of = limits.capacity(self.hosts, ratios, shared_mib), key
        return self._capacity

    @property
    def taken(self):
        """(vcpus, memory_mib, disk_gib, vms) held or asked for by all projects together."""
        both = (*self.claims.used.values(), *self.claims.pending.values())
        return tuple(map(sum, zip(*both, strict=True))) if both else (0, 0, 0, 0)

    def table(self):
        """What each project may, holds and has asked for."""
        return Listing(self)

    # -- inside ------------------------------------------------------------------------------------------------------
    def _rules(self):
        """The rules of placement."""
        return () if self.placement is None else tuple(self.placement.rules.all.values())

    def _homes(self, group, ways=(admission.home,)):
        """Host -> names of the group's members that are assigned to it (or are on their way there)."""
        homes = {}
        for vm in self.vms.values():
            for host in {way(vm): None for way in ways if group in vm.groups and way(vm)}:
                homes.setdefault(host, []).append(vm.name)
        return homes

    def _adopt(self, draft, what, whom, **detail):
        self.allowed = draft
        self._written(what, whom, **detail)

    def _write(self, table, project, value, what):
        if value:
            table[project] = value
        else:
            table.pop(project, None)
        self._written(what, project, value=value)

    def _written(self, what, whom, **detail):
        self.active, self._conditions = True, {}
        if self.vim is not None:
            self.vim.keep("policies")
        self.world.emit(self.name, None, "policy", f"{what} written", of=whom, **detail)
