"""Initial placement: the host on which a VM is created, chosen among those that may take it.

    placement chooses ──▶ may this host, and its cluster, take one more? ── no ──▶ chooses among the others
                              maxima, HA's admission control

A cluster that has promised all it may is passed over; if every one of them has, the order fails with the reason of the
host that would have been best. What the real one does differently: the client names the cluster (or resource pool)
first, and DRS chooses among its hosts only; document-only.
"""

from labkit.vim.placement import Placement, Request
from labkit.world.errors import LabError


class InitialPlacement(Placement):
    """The VIM's placement, which passes over hosts and clusters that may not take the VM."""

    def __init__(self, admission, ratios):
        super().__init__((), ratios=ratios)
        self.admission = admission

    def choose(self, request):
        """The record of the best host that may take it. LabError: 507 with the reason of the one that would have been
        best, 404."""
        vm = self.admission.vim.vms.get(request.vm)
        if vm is None:
            return super().choose(request)
        self.admission.look()
        closed = self.admission.closed.setdefault((request.spec, vm.desired), {})
        while True:
            try:
                host = super().choose(without(request, closed))
            except LabError:
                raise closed[super().choose(request).name] from None
            refused = self.admission.place(vm, host)
            if refused is None:
                return host
            closed.update(dict.fromkeys(*refused))


def without(request, names):
    """The same request, and none of these hosts."""
    if not names:
        return request
    return Request(request.spec, request.vm, request.groups, request.project, request.within, request.hosts,
                   (*request.excluded, *names))  # fmt: skip
