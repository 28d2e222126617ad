"""One migration as one host knows it: which VM, to or from whom, how far. (libvirt keeps this in /run/libvirt/qemu: it
survives a restart of the management process, not of the machine.)

    source   prepare ─ perform ─ finish ─ (post-copy) ─ over     target   prepared ─ active | failed
"""

from dataclasses import dataclass
from typing import Any

from labkit.world.errors import LabError

KEEPALIVE_S = 30  # libvirtd.conf, keepalive_interval 5 s × (keepalive_count 5 + 1): documented default
ASK_AGAIN_S = 5.0  # how long a host waits before it asks again; chosen


@dataclass
class Move:
    """`id` is the same on both hosts; what was done once under it is never done twice.

    life        which life of the domain's process is meant: a VM that was killed and started again is another one
    generation  of the disk's lease when the migration began: a memory image belongs to this generation only
    cancel      an event: somebody wants it to end (source)
    shared      an event: the link is divided among more or fewer migrations from now on (source)
    state       the guest's registers and devices, as they came with the stop (target)
    missing_mib post-copy: pages that have not come yet (target); that were to follow the hand-over (source)
    before      the definition that lay at the target already, or None: it comes back if the migration fails
    stopped_s   virtual second since which the guest stands still (source)
    heard_s     virtual second at which this host learnt that it runs at the target (source)
    doubt       the target may have been told to run it, and its answer is not known (source)
    seen_s      virtual second of the peer's last sign of life
    """

    id: str
    side: str
    name: str
    peer: str
    phase: str
    life: int
    generation: int | None
    bandwidth_mib_s: float = 0.0
    policy: str = ""
    undefine: bool = True
    persistent: bool = True
    stopped_s: float | None = None
    heard_s: float | None = None
    doubt: bool = False
    missing_mib: float = 0.0
    cancel: Any = None
    shared: Any = None
    outcome: Any = None
    error: Any = None
    state: Any = None
    seen_s: float = 0.0
    before: Any = None


def found(vmm, id):
    """The Move with this id on this host. Raises LabError (404): a machine that was down has forgotten it."""
    if id not in vmm.migrations:
        raise LabError(f"{vmm.name} knows no migration {id}", 404, None, "it was down meanwhile, or never asked")
    return vmm.migrations[id]


def current(vmm, domain):
    """The Move that `domain` is in the middle of on this host, or None. (A VM that has come from one host and leaves
    for another has two: its job says which.)"""
    side = (domain.job or "").removeprefix("migration ")
    moves = (move for move in vmm.migrations.values() if (move.side, move.name) == (side, domain.name))
    return next((move for move in moves if move.life == domain.life and move.phase not in ("over", "failed")), None)


def alive(domain, move):
    """The domain's process is still the one that the migration began with (None: the host has forgotten the domain)."""
    return domain is not None and domain.active and domain.life == move.life


def lease_of(domain):
    """(owner, generation) of the disk's lease; (None, None) for a VM without a disk."""
    return (None, None) if domain.disk is None else (domain.disk.lease.owner, domain.disk.lease.generation)


def tell(vmm, move, what, **detail):
    """An event of kind 'migration' of this host's machine."""
    vmm.world.emit(vmm.name, move.peer, "migration", f"{move.name}: {what}", domain=move.name, **detail)
