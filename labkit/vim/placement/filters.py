"""Filters: what a host must fulfil for a flavour, in the order in which they are asked, and the reason in words if not.

A filter looks at all hosts at once: `passes(capacity, spec, within)` is a row of True and False. The order does not
change who is left; it changes only which filter is named when a host fails several.

What the real one does differently: Nova's ComputeFilter, AggregateInstanceExtraSpecsFilter,
ServerGroupAntiAffinityFilter … are classes that see one host at a time; sizes are asked of the Placement service
beforehand.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labkit.vim.placement.capacity import MIB_PER_GIB, RESOURCES, amounts
from labkit.vmm.host import CPU_MODELS


@dataclass(frozen=True)
class Filter:
    """name; passes(capacity, spec, within) → row of bools; why(capacity, at, spec, within) → words about one host."""

    name: str
    passes: Callable
    why: Callable


def enough(resource):
    """passes() of a resource that is counted."""

    def passes(capacity, spec, within):
        need = amounts(spec)[RESOURCES.index(resource)]
        return capacity.free[resource] >= need if need else np.ones(len(capacity.hosts), bool)

    return passes


def short(resource, unit, per=1):
    """why() of a resource that is counted."""

    def why(capacity, at, spec, within):
        free, total = capacity.free[resource][at] / per, capacity.total[resource][at] / per
        need = amounts(spec)[RESOURCES.index(resource)] / per
        return f"{free:,.10g}{unit} free of {total:,.10g}, needs {need:,.10g}"

    return why


def usable(label):
    state, maintenance = label
    return state == "connected" and maintenance is None


def why_state(capacity, at, spec, within):
    host = capacity.hosts[at]
    return f"maintenance: {host.maintenance}" if host.state == "connected" else f"{host.state}"


def has_model(spec):
    wanted = CPU_MODELS.index(spec.cpu_model)
    return lambda model: model in CPU_MODELS and CPU_MODELS.index(model) >= wanted


def why_networks(capacity, at, spec, within):
    hardware = capacity.hosts[at].hardware
    missing = sorted(set(spec.networks) - set(hardware.networks if hardware else ()))
    return f"not plugged into {', '.join(missing)}"


def reaches(capacity, spec, within):
    """Its own disk is there always; a shared datastore must be mounted, and its size known."""
    if spec.datastore is None:
        return np.ones(len(capacity.hosts), bool)
    known = size_known(capacity, spec)
    return capacity.labels.where("datastores", lambda mounted: known and spec.datastore in mounted)


def size_known(capacity, spec):
    """Whether the shared datastore's size was said; what has been claimed there before counts as 0 of 0."""
    return capacity.shared.get(spec.datastore, (0, 0))[0] > 0


def why_datastore(capacity, at, spec, within):
    if spec.datastore in capacity.hosts[at].datastores:
        return f"the size of {spec.datastore} is not known yet"
    return f"does not reach {spec.datastore}"


def room_on_shared(capacity, spec):
    """Whether the shared datastore that the spec asks for has room; True if it asks for none, or the size is unknown
    (then `reaches` has dropped everybody)."""
    if spec.datastore is None or not size_known(capacity, spec):
        return True
    return capacity.shared[spec.datastore][1] >= spec.disk_gib * MIB_PER_GIB


def why_shared(capacity, at, spec, within):
    total, free = capacity.shared[spec.datastore]
    free, total = free / MIB_PER_GIB, total / MIB_PER_GIB
    return f"{spec.datastore}: {free:,.10g} GiB free of {total:,.10g}, needs {spec.disk_gib:,g}"


FILTERS = (
    Filter("state", lambda capacity, spec, within: capacity.labels.where("state", usable), why_state),
    Filter(
        "cluster",
        lambda capacity, spec, within: capacity.labels.where("cluster", lambda name: within in (None, name)),
        lambda capacity, at, spec, within: f"in {capacity.hosts[at].cluster or 'no cluster'}, not in {within}",
    ),
    Filter(
        "CPU model",
        lambda capacity, spec, within: capacity.labels.where("cpu_model", has_model(spec)),
        lambda capacity, at, spec, within: (
            f"can do {getattr(capacity.hosts[at].hardware, 'cpu_model', 'nothing that is known')}, "
            f"the guest is shown {spec.cpu_model}"
        ),
    ),
    Filter(
        "networks",
        lambda capacity, spec, within: capacity.labels.where("networks", lambda on: on.issuperset(spec.networks)),
        why_networks,
    ),
    Filter("datastore", reaches, why_datastore),
    Filter(
        "room on it",
        lambda capacity, spec, within: np.full(len(capacity.hosts), room_on_shared(capacity, spec)),
        why_shared,
    ),
    Filter("vCPUs", enough("cpu"), short("cpu", " vCPU")),
    Filter("memory", enough("memory"), short("memory", " MiB")),
    Filter("own disk", enough("disk"), short("disk", " GiB", MIB_PER_GIB)),
    Filter("reserved CPU", enough("mhz"), short("mhz", " MHz unreserved")),
    Filter("reserved memory", enough("reserved"), short("reserved", " MiB unreserved")),
)
FIXED = FILTERS[:5]  # of what hosts are; the rest is about room and changes with every claim
