"""Host records for the tests of placement: connected, as if their reports had arrived."""

from labkit.vim.inventory import HostRecord, VmRecord
from labkit.vmm import Host


def record(index, state="connected", cluster=None, datastores=(), maintenance=None, **hardware):
    """A HostRecord 'esx<index + 1>'; by default 4 cores (16 vCPU at a ratio of 4.0), 16 GiB, 200 GiB of disk."""
    host = HostRecord(f"esx{index + 1}", index, Host(**hardware), cluster, datastores)
    host.state, host.maintenance = state, maintenance
    return host


def records(count, **values):
    """`count` hosts of the same build."""
    return [record(index, **values) for index in range(count)]


def vm(name, spec, index=0, groups=(), project=None):
    """A VmRecord."""
    return VmRecord(name, index, spec, groups=groups, project=project)
