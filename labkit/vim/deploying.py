"""A VM from a template waits for its disk: a full copy takes size ÷ throughput, a linked one nothing."""

from labkit.vim import reconcile
from labkit.world.errors import LabError


def waits(vim, vm):
    """True while the disk of a new VM from a template is being copied, so that nothing is ordered yet. The copy is
    begun if need be."""
    if vm.order is not None or vm.desired == "absent":
        return False
    if vm in vim.copying:
        return True
    seconds = vim.templates.begin(vm)
    if seconds <= 0:
        return not _made(vim, vm)
    vim.copying[vm] = None
    vm.task = "cloning"
    vim.note(vm, "cloning")
    vim.node.process(_copy(vim, vm, seconds))
    return True


def _copy(vim, vm, seconds):
    yield vim.world.timeout(seconds)
    vim.copying.pop(vm, None)
    if vim.vms.get(vm.name) is vm and (vm.desired == "absent" or _made(vim, vm)):
        vm.task = vm.task and "building"
        vim.touch(vm)


def _made(vim, vm):
    """Make the disk; a VM whose disk cannot be made is refused, and nothing of it stays."""
    try:
        vim.templates.cloned(vm)
    except LabError as error:
        vm.desired = "absent"
        reconcile.forget(vim, vm, error)
        return False
    return True
