"""Two calls for those who manage many hosts: several calls in one message, and a disk taken from a host that is dead.

libvirt has neither under these names. Its connection carries many calls at a time without waiting for the answers
(remote protocol, serials), which comes to the same; and who may break a lock is decided by the storage: VMFS and
sanlock let a lock go when its owner has not renewed it for some time, a lock over NFS ends with its client's lease.
"""

from labkit.vmm import lifecycle
from labkit.world.errors import LabError


def several(vmm, calls: list, definitions: list = ()):
    """connectBulk: `calls` is [[call, {argument: value}], …], done one after the other (a generator). An argument
    'like' of domainDefineXML means the values of definitions[like]. Returns as many answers: None for what was done,
    [code, text] for what was refused; a refusal does not keep the others back."""
    answers = []
    for what, detail in calls:
        try:
            if "like" in detail:
                detail = {**definitions[detail.pop("like")], **detail}
                detail.pop("datastore", None)  # a Vmm has one datastore, and there is no choice
            yield from one(vmm, what, detail)
            answers.append(None)
        except LabError as error:
            answers.append([error.code, error.message])
    return answers


def one(vmm, what, detail):
    """One call of several; those that take time take it here (a generator)."""
    from labkit.vmm.management import CALLS

    if what not in CALLS:
        raise LabError(f"{vmm.manager.name} has no call {what!r}", 501, True)
    try:
        result = CALLS[what](vmm, **detail)
    except TypeError as error:
        raise LabError(f"{what}: {error}", 400, True) from None
    if hasattr(result, "throw"):
        yield from result


def break_lease(vmm, name: str):
    """domainLeaseBreak: the disk of `name` belongs to this host from now on, whoever had it. Only for somebody who
    knows for certain that the owner cannot write any more (fencing): nothing here can check that."""
    domain = lifecycle.find(vmm, name)
    if domain.disk is not None and domain.disk.lease.owner not in (None, vmm.name):
        domain.disk.break_lease(vmm.name)
    return domain.answer()
