"""vCenter's inventory as a tree of which only the opened branches exist: datacenter ▸ cluster ▸ host ▸ VM.

    ▾ datacenter1                      a key: "cluster:prod", "host:esx2", "vm:erp", "store:san1"
      ▾ prod
        ▸ esx1   ● connected
        ▾ esx2   ✕ not responding
            erp  ○ disconnected

It holds names and nothing else; what is said of them is looked up when a row is drawn. 2,500 hosts with 40,000 VMs are
a handful of rows as long as their branches are closed.
"""

from itertools import count, repeat
from typing import NamedTuple

from labkit.world.errors import LabError, unknown

HOMELESS = "homeless:VMs without a host"
FEW_HOSTS = 8  # so many are open from the beginning


class Row(NamedTuple):
    """One visible line: its key, the key above it, its level from 1, its place `at` among `size` siblings."""

    key: str
    parent: str | None
    level: int
    at: int
    size: int


class Tree:
    """The tree of a VCenter; `opened`: keys of the open branches, `chosen`: a key. While vpxd is down it shows the rows
    that were read last."""

    def __init__(self, vcenter):
        self.vcenter = vcenter
        self.top = f"datacenter:{vcenter.references.name('datacenter', vcenter.datacenter)}"
        self.opened, self.chosen, self.clusters = {self.top}, self.top, {}
        self.rows, self.place = [Row(self.top, None, 1, 1, 1)], {self.top: 0}
        self.homeless, self._read = [], None  # names of VMs that have no host yet; when it was read last
        self.look()
        if len(vcenter.vim.hosts) <= FEW_HOSTS:
            self.opened.update(f"cluster:{name}" for name in self.clusters)
            self.opened.update(f"host:{name}" for name in vcenter.vim.hosts)
            self.look()

    def look(self):
        """Read the opened branches, if vpxd can be asked and something has happened since."""
        world = self.vcenter.world
        state = world.now, len(world.rows), hash(frozenset(self.opened))
        if not self.vcenter.vim.alive or state == self._read:
            return
        self._read, self.clusters = state, {}
        for host in self.vcenter.vim.hosts.values():
            self.clusters.setdefault(host.cluster or "no cluster", []).append(host.name)
        self.homeless = [vm.name for vm in self.vcenter.vim.vms.values() if vm.host is None]
        self.rows = []
        self._unfold(self.top, None, 1, 1, 1)
        self.place = {row[0]: at for at, row in enumerate(self.rows)}
        if self.chosen not in self.place:
            self.chosen = self.top

    def _unfold(self, key, parent, level, at, size):
        self.rows.append(Row(key, parent, level, at, size))
        if key not in self.opened:
            return
        below = self.children(key)
        if key.startswith("host:"):
            # plain tuples, for there may be 40,000 of them: `drawn` makes Rows of those that are seen
            self.rows += zip(below, repeat(key), repeat(level + 1), count(1), repeat(len(below)))
        else:
            for nth, child in enumerate(below, 1):
                self._unfold(child, key, level + 1, nth, len(below))

    def children(self, key):
        """The keys one level below."""
        kind, name = split(key)
        vim = self.vcenter.vim
        if kind == "datacenter":
            homeless = [HOMELESS] if self.homeless else []
            stores = [f"store:{store.name}" for store in self.vcenter.stores]
            return [f"cluster:{cluster}" for cluster in self.clusters] + homeless + stores
        if kind == "cluster":
            return [f"host:{host}" for host in self.clusters.get(name, ())]
        if kind == "homeless":
            return [f"vm:{vm}" for vm in self.homeless]
        if kind == "host" and name in vim.hosts:
            return [f"vm:{vm}" for vm in vim.hosts[name].vms]
        return []

    def branch(self, key):
        """True for an open branch, False for a closed one, None for a leaf."""
        kind = split(key)[0]
        return None if kind in ("vm", "store") else key in self.opened

    def drawn(self, most):
        """The Rows around the chosen one, at most so many, and the numbers of rows above and below them."""
        at, rows = self.place[self.chosen], self.rows
        start = max(0, min(at - most // 2, len(rows) - most))
        seen = [Row._make(row) for row in rows[start : start + most]]
        return seen, start, len(rows) - start - len(seen)

    # -- moving about --------------------------------------------------------------------------------------------------
    def choose(self, key):
        """Choose a visible row. LabError for one that is not there."""
        if key not in self.place:
            raise unknown("thing in the tree", key, [row[0] for row in self.rows[:50]])
        self.chosen = key

    def reveal(self, name):
        """Open the branches down to a VM, a host or a cluster of this name, and choose it. LabError: there is none."""
        self.ask()
        hosts, vms = self.vcenter.vim.hosts, self.vcenter.vim.vms
        if name in self.clusters:
            key, way = f"cluster:{name}", ()
        elif name in hosts:
            key, way = f"host:{name}", self.way(hosts[name])
        elif name in vms:
            host = vms[name].host
            key, way = f"vm:{name}", (f"host:{host.name}", *self.way(host)) if host else (HOMELESS,)
        else:
            raise unknown("VM, host or cluster", name, [*self.clusters, *hosts, *vms])
        self.opened.update((self.top, *way))
        self.look()
        self.choose(key)

    def way(self, host):
        """The branches above a HostRecord that are not always open."""
        return (f"cluster:{host.cluster or 'no cluster'}",)

    def ask(self):
        """Return if vpxd can be asked. LabError (503)."""
        if not self.vcenter.vim.alive:
            raise LabError("vpxd is down: nothing can be looked up", 503, True, "start it again, or ask a host itself")

    def turn(self, key, wanted=None):
        """Open or close a branch (wanted: True, False; None: the other way round)."""
        state = self.branch(key)
        if state is not None and wanted is not state:
            self.ask()
            (self.opened.discard if state else self.opened.add)(key)
            self.look()

    def key(self, pressed, page=20):
        """What a key of the keyboard does in a tree (WAI-ARIA's pattern): arrows, Home, End, Enter, paging."""
        at, state = self.place[self.chosen], self.branch(self.chosen)
        if pressed == "Enter":
            return self.turn(self.chosen)
        if pressed == "ArrowRight" and state is False:
            return self.turn(self.chosen, True)
        if pressed == "ArrowLeft" and state:
            return self.turn(self.chosen, False)
        if pressed == "ArrowLeft":
            self.chosen = self.rows[at][1] or self.chosen
            return None
        if pressed == "ArrowRight":
            into = at + 1 < len(self.rows) and self.rows[at + 1][1] == self.chosen
            at += 1 if into else 0
        else:
            steps = {"ArrowUp": -1, "ArrowDown": 1, "PageUp": -page, "PageDown": page}
            at = {"Home": 0, "End": len(self.rows) - 1}.get(pressed, at + steps.get(pressed, 0))
        self.chosen = self.rows[min(max(at, 0), len(self.rows) - 1)][0]
        return None

    def host_of(self, key):
        """Name of the host that a key is, or stands below; None for others."""
        kind, name = split(key)
        if kind == "host":
            return name
        parent = self.rows[self.place[key]][1] if key in self.place else None
        return split(parent)[1] if kind == "vm" and parent and parent.startswith("host:") else None


def split(key):
    """(kind, name) of a key."""
    kind, _, name = key.partition(":")
    return kind, name
