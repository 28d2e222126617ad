"""Another size for a VM: its definition is made anew when it starts the next time.

Its host has the old size claimed and must have room for the new one. A VM that runs keeps the size with which it was
started: the VIM does not order from a guest what the guest may refuse.

What the real one does differently: vSphere changes the size of a VM that is off (ReconfigVM_Task) and adds vCPUs and
memory to a running one if its guest can take them (hot add; documented). Nova's resize moves the server to a host with
room, as a cold migration does, and waits for a confirmation.
"""

from labkit.vim import requests
from labkit.vim.spec import Spec
from labkit.world.errors import LabError


def resize(vim, vm, spec, user=None):
    """The Job of a resize, which has ended when this returns. LabError with nothing changed: 400 what cannot be meant,
    403 a policy, 409 the VM is not off, 507 no room."""
    _meant(vm, spec)
    if (
        vm.desired != "off"
        or vm.seen not in ("off", "absent")
        or vm.job is not None
        or vm.also
        or vm.target is not None
    ):
        raise LabError(
            f"{vm.name} is {vm.seen} and is to be {vm.desired}: its size is fixed", 409, True, "stop it first"
        )
    requests.admit(vim, "resize", vm, user=user, spec=spec)
    host, placement = vm.host, vim.placement
    if host is not None:
        placement.release(host, vm.spec, vm)
        try:
            placement.choose(vim.request(vm, host, spec=spec))
        except LabError:
            placement.claim(host, vm.spec, vm)
            if vim.policies_or_none is not None:
                vim.policies.give_back(vm.name)
            raise
        placement.claim(host, spec, vm)
    job = requests.begin(vim, vm, "resize", None)
    vm.spec = spec
    vim.note(vm, f"resized to {spec.vcpus} vCPU, {spec.memory_mib:g} MiB")
    vim.touch(vm)
    vim.finished(vm)
    return job


def _meant(vm, spec):
    if not isinstance(spec, Spec):
        raise LabError(f"a VM needs a Spec, not {spec!r}", 400, True, "spec=Spec(memory_mib=2048)")
    old = vm.spec
    if (spec.datastore, spec.disk_gib) != (old.datastore, old.disk_gib):
        there = f"{old.disk_gib:g} GiB on {old.datastore or 'the host itself'}"
        raise LabError(f"the disk of {vm.name} stays as it is: {there}", 400, True, "change vCPUs and memory only")
