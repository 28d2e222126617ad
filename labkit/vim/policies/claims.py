"""Who holds how much: what is used, and what has been admitted and is not there yet.

                admit            settle
    nothing ────────────▶ asked ─────────▶ held          used    = sum of held
                            │ give_back                  pending = what was asked beyond what is held
                            ▼
                         as before

A VM that grows holds the old size and has asked for the new one; a VM that shrinks or stops holds the old size until it
is known to have done so. So nothing is given away twice, and nothing before it is free.
"""

SIZES = ("vcpus", "memory_mib", "disk_gib", "vms")
NOTHING = (0, 0, 0, 0)


def size_of(spec, on=True):
    """(vcpus, memory_mib, disk_gib, vms) that a VM of this size takes; switched off, its disk and its place only."""
    return (spec.vcpus, spec.memory_mib, spec.disk_gib, 1) if on else (0, 0, spec.disk_gib, 1)


def more(asked, held):
    """What is asked beyond what is held, never below zero."""
    return tuple(max(0, a - h) for a, h in zip(asked, held, strict=True))


class Claims:
    """The claims of all VMs by name, with a running sum per project."""

    def __init__(self):
        self.of = {}  # vm -> [project, held, asked or None]
        self.used, self.pending = {}, {}  # project -> [vcpus, memory_mib, disk_gib, vms]

    def _count(self, table, project, size, sign):
        sums = table.setdefault(project, [0, 0, 0, 0])
        for at in range(4):
            sums[at] += sign * size[at]

    def _pend(self, claim, sign):
        if claim[2] is not None:
            self._count(self.pending, claim[0], more(claim[2], claim[1]), sign)

    def held(self, vm):
        """What this VM holds; nothing for one that is not known."""
        return self.of[vm][1] if vm in self.of else NOTHING

    def growth(self, vm, size):
        """What `vm` would take beyond what it holds or has already asked for."""
        if vm not in self.of:
            return size
        _, held, asked = self.of[vm]
        return more(size, tuple(map(max, held, asked or NOTHING)))

    def ask(self, vm, project, size):
        """Admitted: from now on it counts as pending."""
        claim = self.of.setdefault(vm, [project, NOTHING, None])
        self._pend(claim, -1)
        claim[2] = size
        self._pend(claim, 1)

    def settle(self, vm):
        """It is there: pending becomes used (less, if it shrank)."""
        claim = self.of.get(vm)
        if claim is not None and claim[2] is not None:
            self._pend(claim, -1)
            self._count(self.used, claim[0], claim[1], -1)
            claim[1], claim[2] = claim[2], None
            self._count(self.used, claim[0], claim[1], 1)

    def give_back(self, vm):
        """It failed: as it was before the request."""
        claim = self.of.get(vm)
        if claim is not None:
            self._pend(claim, -1)
            claim[2] = None
            if claim[1] == NOTHING:
                del self.of[vm]

    def release(self, vm):
        """The VM is gone: used and pending alike come back."""
        claim = self.of.get(vm)
        if claim is not None:
            self._count(self.used, claim[0], claim[1], -1)
            self.give_back(vm)
            self.of.pop(vm, None)

    def sums(self, project):
        """(used, pending) of a project, two tuples in the order of SIZES."""
        return tuple(self.used.get(project, NOTHING)), tuple(self.pending.get(project, NOTHING))

    def projects(self):
        """Every project that holds or asks for something, in order of its first claim."""
        return list(dict.fromkeys((*self.used, *self.pending)))
