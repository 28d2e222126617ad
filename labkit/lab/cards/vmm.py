"""Card VMM, notebook 02: one host and its hypervisor. Each part of the notebook holds its own pieces; here they become
one card."""

from __future__ import annotations

from labkit.lab.card import Card
from labkit.lab.cards import (
    register,
    vmm_cpu,
    vmm_disks,
    vmm_kvm,
    vmm_lifecycle,
    vmm_memory,
    vmm_migration,
    vmm_recall,
    vmm_scheduling,
)

PARTS = (vmm_lifecycle, vmm_cpu, vmm_kvm, vmm_scheduling, vmm_memory, vmm_disks, vmm_migration)


def together(name: str) -> tuple:
    """What all parts hold under `name`, in the order of the notebook."""
    return tuple(piece for part in PARTS for piece in getattr(part, name))


CARD = register(
    Card(
        id="VMM",
        title="The VMM: one host and its hypervisor",
        notebook="02_vmm",
        misconceptions={belief: text for part in PARTS for belief, text in part.MISCONCEPTIONS.items()},
        predictions=together("PREDICTIONS"),
        observations=together("OBSERVATIONS"),
        explanations=together("EXPLANATIONS"),
        questions=(*vmm_recall.QUESTIONS, *together("QUESTIONS")),
    )
)
