"""Two calls for those who manage many hosts: several calls in one message, and a disk taken from a host that is dead.

libvirt has neither under these names. Its connection carries many calls at a time without waiting for the answers
(remote protocol, serials), which comes to the same; and who may break a lock is decided by the storage: VMFS and
sanlock let a lock go when its owner has not renewed it for some time, a lock over NFS ends with its client's lease.
"""

from labkit.vmm import lifecycle
from labkit.world.errors import LabError

BULK = ("domainDefineXML", "domainCreate", "domainSuspend", "domainResume", "domainPMWakeup", "domainShutdown",
        "domainDestroy", "domainUndefineFlags", "domainLeaseBreak")  # fmt: skip


def several(vmm, calls: list, definitions: list = ()):
    """connectBulk: `calls` is [[call, name, argument], …], done one after the other (a generator). The argument of
    domainDefineXML is the place of its values in `definitions`, that of domainUndefineFlags says whether the disk goes,
    too; others have none. Returns as many answers: None for what was done, [code, text] for what was refused; a
    refusal does not keep the others back."""
    answers = []
    for what, name, argument in calls:
        try:
            yield from one(vmm, what, name, argument, definitions)
            answers.append(None)
        except LabError as error:
            answers.append([error.code, error.message])
    return answers


def one(vmm, what, name, argument, definitions):
    """One call of several; those that take time take it here (a generator)."""
    from labkit.vmm.management import CALLS

    if what not in BULK:
        raise LabError(f"connectBulk has no {what!r}", 501, True, f"it has {', '.join(BULK)}")
    detail = {}
    if what == "domainDefineXML":  # a Vmm has one datastore: where the disk lies is no choice
        detail = {key: value for key, value in definitions[argument].items() if key != "datastore"}
    elif what == "domainUndefineFlags":
        detail = {"remove_all_storage": bool(argument)}
    result = CALLS[what](vmm, name, **detail)
    if hasattr(result, "throw"):
        yield from result


def break_lease(vmm, name: str):
    """domainLeaseBreak: the disk of `name` belongs to this host from now on, whoever had it. Only for somebody who
    knows for certain that the owner cannot write any more (fencing): nothing here can check that."""
    domain = lifecycle.find(vmm, name)
    if domain.disk is not None and domain.disk.lease.owner not in (None, vmm.name):
        domain.disk.break_lease(vmm.name)
    return domain.answer()
