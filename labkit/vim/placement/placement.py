"""Placement: choose a host for a VM, count what is promised where, say why.

    choose   the row of the flavour, what concerns this request alone taken out, the largest number
    claim    the host has less: every row follows when it is next asked
    explain  the same filters and weighers once more, one after the other, with reasons

Choosing and claiming are two steps. Between them nobody else may choose, or both get the same room: the VIM does both
within one instant (Nova lets Placement refuse the second claim and tries the next host).
"""

import numpy as np

from labkit.vim.placement import conditions, explained
from labkit.vim.placement.capacity import MIB_PER_GIB, Capacity
from labkit.vim.placement.filters import room_on_shared
from labkit.vim.placement.request import refuse
from labkit.vim.placement.rows import NONE, Rows
from labkit.vim.placement.rules import Rules
from labkit.vim.placement.weighers import columns, multipliers, single, weigh
from labkit.world.errors import LabError, unknown


class Placement:
    """Places for VMs on `hosts`: records with name, index (0, 1, …), hardware (labkit.vmm.Host), cluster, datastores,
    state, maintenance, vms.

    shared     datastore → GiB; one that hosts mount but whose size is not known takes nothing
    ratios     overcommit of 'cpu', 'memory', 'disk' (capacity.RATIOS are the defaults)
    prefer     'spread' (most free memory first) or 'pack' (least); weighers: name → multiplier instead (weighers.py)
    Raises LabError (400) for ratios and weighers that cannot be meant.
    """

    def __init__(self, hosts=(), shared=None, ratios=None, prefer="spread", weighers=None):
        self.weighers = multipliers(prefer, weighers)
        self.capacity = Capacity(hosts, ratios, shared)
        self.rules = Rules(self.capacity)
        self.rows = Rows(self.capacity, single(self.weighers))
        self.alone = len(self.weighers) == 1

    def __repr__(self):
        order = ", ".join(f"{factor:+g} {name}" for name, factor in self.weighers.items())
        return f"<placement on {len(self.capacity.hosts)} hosts: {order}, {len(self.rules.all)} rules>"

    # -- choosing ------------------------------------------------------------------------------------------------------
    def choose(self, request):
        """The record of the best host; nothing is claimed. LabError: 507 no host is valid (with how many each filter
        has dropped), 404 a cluster or host it names does not exist.
        """
        try:
            spec, capacity = request.spec, self.capacity
            row = self.rows.known.get((id(spec), request.within)) or self._row(request)
            if row.at != len(capacity.log) or row.epoch != capacity.epoch:
                row.catch_up()
            if spec.datastore is not None and not room_on_shared(capacity, spec):
                raise self.no_host(request)
            if request.plain and self.alone and not self.rules.all:
                best = int(row.best())
                if row.view[best] == NONE:
                    raise self.no_host(request)
                return capacity.hosts[best]
            scores = row.scores.copy()
            for condition in conditions.musts(request, self.rules, capacity):
                condition.drop(scores, NONE)
            liking = conditions.shoulds(request, self.rules, capacity)
            return capacity.hosts[self._best(request, scores, liking)]
        except (TypeError, AttributeError):
            refuse(request)
            raise

    def _best(self, request, scores, liking):
        if self.alone and liking is None:
            best = int(scores.argmax())
            if scores[best] != NONE:
                return best
        else:
            left = (scores != NONE).nonzero()[0]
            if len(left):
                sums = weigh(columns(self.capacity, self.weighers, liking), left)[1]
                return int(left[sums.argmax()])
        raise self.no_host(request)

    def _row(self, request):
        if not self.capacity.hosts:
            raise LabError("no valid host: there are no hosts at all", 507, True, "add one")
        if request.within is not None and request.within not in self.capacity.labels.known["cluster"]:
            clusters = [name for name in self.capacity.labels.known["cluster"] if name is not None]
            error = unknown("cluster", request.within, clusters)
            raise LabError(error.message, 404, True, error.next_step)
        return self.rows.of(request.spec, request.within)

    def no_host(self, request):
        """The LabError (507) of a request that finds no place."""
        found = self.explain(request)
        return LabError(found.why_none(), 507, True, found.advice())

    def explain(self, request):
        """An Explanation: what each filter drops for this request, and what each weigher says of the rest, now."""
        try:
            self._row(request)
            return explained.explain(self, request)
        except (TypeError, AttributeError):
            refuse(request)
            raise

    # -- counting ------------------------------------------------------------------------------------------------------
    def claim(self, host, spec, vm=None):
        """A VM of this spec has a place on the host. Nothing is refused: what is there is there (somebody may have
        started it by hand). `vm` has name, groups, project: a record, or the request.
        """
        self.capacity.take(host.index, spec)
        if vm is not None and self.rules.all:
            self.rules.placed(vm, host.index)

    def release(self, host, spec, vm=None):
        """The place is free again. The same arguments as claim()."""
        self.capacity.give(host.index, spec)
        if vm is not None and self.rules.all:
            self.rules.placed(vm, host.index, there=False)

    @property
    def ratios(self):
        """Overcommit of 'cpu', 'memory', 'disk'."""
        return self.capacity.ratios

    def bind(self, vim):
        """The VIM whose placement this is: its rules are part of that VIM's world from now on."""
        self.rules.join(vim)

    def written(self):
        """The rules, for the VIM's database."""
        return self.rules.written()

    def recall(self, data):
        """The rules that the VIM's database has; None: its process has ended."""
        self.rules.recall(data)

    def __replay__(self, world):
        return Placement((), self._sizes(), self.ratios, weighers=self.weighers)

    def _sizes(self):
        return {name: total / MIB_PER_GIB / self.ratios["disk"] for name, (total, _) in self.capacity.shared.items()}

    def again(self, hosts):
        """Begin anew with these records and nothing claimed; options, rules and sizes of datastores stay. Returns
        itself."""
        self.capacity = Capacity(hosts, self.ratios, self._sizes())
        self.rows = Rows(self.capacity, single(self.weighers))
        self.rules.move(self.capacity)
        return self

    def add(self, host):
        """One more host; its index is the number of hosts before."""
        self.capacity.add(host)

    def changed(self, host):
        """State, maintenance, hardware, cluster, datastores or networks of the host's record are others now."""
        self.capacity.changed(host)

    def datastore(self, name, gib):
        """The size of a shared datastore has become known, or has changed."""
        self.capacity.datastore(name, gib)

    def free(self, host):
        """What is not promised on a host yet: {'vcpus', 'memory_mib', 'disk_gib', 'vms': how many there are}."""
        at, free = host.index, self.capacity.free
        return {
            "vcpus": int(free["cpu"][at]),
            "memory_mib": int(free["memory"][at]),
            "disk_gib": float(free["disk"][at] / MIB_PER_GIB),
            "vms": -int(free["vms"][at]),
        }

    def valid(self, request):
        """Records of all hosts that the filters leave for a request, in the order of their index."""
        scores = self._row(request).scores.copy()
        if not room_on_shared(self.capacity, request.spec):
            return []
        for condition in conditions.musts(request, self.rules, self.capacity):
            condition.drop(scores, NONE)
        return [self.capacity.hosts[at] for at in np.flatnonzero(scores != NONE)]
