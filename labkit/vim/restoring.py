"""After a crash: what the database says was ordered, and hosts that have said nothing yet.

Nothing is ordered before the hosts have described themselves. 'Not known to run' would be a bad reason to start a VM:
right after a restart nothing is known to run.
"""

import json

from labkit.vim import keeping
from labkit.vim.inventory import FENCED, UNKNOWN, HostRecord, VmRecord
from labkit.vim.spec import from_json
from labkit.vmm.host import Host
from labkit.world.trace import NOTHING


def load(vim):
    """Fill the empty model of `vim` from its database, and ask every host what is there."""
    for index, (name, cluster, maintenance, boot, power, state, hardware) in enumerate(vim.database.hosts()):
        values = json.loads(hardware)
        datastores, networks = values.pop("datastores"), tuple(values.pop("networks"))
        host = HostRecord(name, index, Host(**values, networks=networks), cluster, datastores)
        host.maintenance, host.boot, host.power, host.agent = maintenance, boot, power, f"{name}-{vim.suffix}"
        host.state, host.since_s = FENCED if state == FENCED else UNKNOWN, vim.world.now
        vim.hosts[name] = host
    vim.n = vim.database.n
    specs = {}
    for row in vim.database.vms():
        _vm(vim, row, specs)
    keeping.recall(vim)
    vim.new_placement()
    for host in vim.hosts.values():
        vim.describe(host)
    vim.world.record(vim.name, None, "sql", "model loaded", vim.world.cause, None, NOTHING)


def _vm(vim, row, specs):
    name, index, spec, desired, host, target, also, n, order, priority, groups, project, template = row
    if spec not in specs:
        specs[spec] = from_json(json.loads(spec))
    vm = VmRecord(name, index, specs[spec], priority, tuple(groups.split("\n")) if groups else (), project, template)
    vm.desired, vm.n, vm.order, vm.takes = desired, n, order, order == "take"
    vm.also = tuple(also.split(",")) if also else ()
    vm.target = vim.hosts[target] if target else None
    vim.vms[name], vim.index = vm, max(vim.index, index)
    if host:
        vm.host = vim.hosts[host]
        vm.host.vms[name] = vm
    else:
        vim.unplaced[vm] = None
    if vm.target or vm.also:
        vim.doubts[vm] = None
    vim.pending[vm] = None
