"""GET /api/vcenter/{host, cluster, datastore, datacenter, network, folder, resource-pool}: what there is, as vpxd
believes it. Filters are lists of query parameters: ?hosts=host-12&hosts=host-13, ?names=esx1.

A host that does not answer is NOT_RESPONDING, whatever is the matter with it, and has no power state: nobody knows it.
"""

from labkit.vsphere.rest_errors import Refused

STATES = {"connected": "CONNECTED", "unknown": "NOT_RESPONDING", "fenced": "NOT_RESPONDING"}
MOST_HOSTS = 2500
GIB = 1024**3


def filtered(query, rows, **keys):
    """The rows that match every filter given; `keys`: name of the filter → key of the row."""
    return [row for row in rows if all(row.get(key) in values for key, values in wanted(query, keys))]


def wanted(query, keys):
    """[(what keys has for a filter, the values it lets through)]. Refused (400) for a filter that there is not."""
    strange = sorted(set(query) - set(keys))
    if strange:
        raise Refused("INVALID_ARGUMENT", f"there is no filter {strange[0]!r}; there are: {', '.join(sorted(keys))}")
    return [(keys[name], set(values)) for name, values in query.items()]


def named(vcenter, kind, reference):
    """The name of the thing with this MoRef. Refused (404); a name is not a MoRef."""
    found = vcenter.references.things.get(reference)
    if found is None or found[0] != kind:
        raise Refused("NOT_FOUND", f"{kind.capitalize()} with identifier '{reference}' was not found.")
    return found[1]


def shown(rows, *hidden):
    """The rows without the keys that serve filters only."""
    return [{key: value for key, value in row.items() if key not in hidden} for row in rows]


def hosts(vcenter, query, body):
    """List Host."""
    rows = []
    for record in vcenter.vim.hosts.values():
        state = STATES[record.state]
        row = {"host": vcenter.references.give("host", record.name), "name": record.name, "connection_state": state}
        if state == "CONNECTED":
            row["power_state"] = "POWERED_ON"
        row["cluster"] = record.cluster and vcenter.references.give("cluster", record.cluster)
        rows.append(row)
    found = filtered(query, rows, hosts="host", names="name", clusters="cluster", connection_states="connection_state")
    if len(found) > MOST_HOSTS:
        raise Refused("UNABLE_TO_ALLOCATE_RESOURCE", f"more than {MOST_HOSTS} hosts match: filter by cluster")
    return 200, shown(found, "cluster")


def clusters(vcenter, query, body):
    """List Cluster."""
    names = dict.fromkeys(record.cluster for record in vcenter.vim.hosts.values() if record.cluster)
    rows = [cluster_row(vcenter, name) for name in names]
    return 200, filtered(query, rows, clusters="cluster", names="name")


def cluster_row(vcenter, name):
    drs = vcenter.vim.balancer is not None
    return {"cluster": vcenter.references.give("cluster", name), "name": name,
            "ha_enabled": name in vcenter.ha.clusters, "drs_enabled": drs}  # fmt: skip


def cluster(vcenter, cluster, query, body):
    """Get Cluster."""
    name = named(vcenter, "cluster", cluster)
    return 200, {"name": name, "resource_pool": vcenter.references.give("resource pool", name)}


def datastores(vcenter, query, body):
    """List Datastore."""
    rows = [
        {"datastore": vcenter.references.give("datastore", store.name), "name": store.name, "type": "VMFS",
         "free_space": int(free_gib(store) * GIB), "capacity": int(capacity_gib(store) * GIB)}
        for store in vcenter.stores
    ]  # fmt: skip
    return 200, filtered(query, rows, datastores="datastore", names="name", types="type")


def datastore(vcenter, datastore, query, body):
    """Get Datastore."""
    name = named(vcenter, "datastore", datastore)
    store = next(store for store in vcenter.stores if store.name == name)
    return 200, {
        "name": name, "type": "VMFS", "accessible": True, "multiple_host_access": True,
        "free_space": int(free_gib(store) * GIB), "thin_provisioning_supported": True,
    }  # fmt: skip


def free_gib(store):
    """Room left on a Datastore or a lean Store, GiB."""
    return store.free_gib if hasattr(store, "free_gib") else store.free_mib / 1024


def capacity_gib(store):
    return store.capacity_gib if hasattr(store, "capacity_gib") else store.capacity_mib / 1024


def datacenters(vcenter, query, body):
    """List Datacenter."""
    name = vcenter.references.name("datacenter", vcenter.datacenter)
    return 200, filtered(query, [{"datacenter": vcenter.datacenter, "name": name}], datacenters="datacenter",
                         names="name")  # fmt: skip


def networks(vcenter, query, body):
    """List Network."""
    names = dict.fromkeys(name for record in vcenter.vim.hosts.values() for name in record.hardware.networks)
    rows = [{"network": vcenter.references.give("network", name), "name": name, "type": "STANDARD_PORTGROUP"}
            for name in names]  # fmt: skip
    return 200, filtered(query, rows, networks="network", names="name", types="type")


def folders(vcenter, query, body):
    """List Folder: the four that a datacenter has from the beginning."""
    kinds = {"vm": "VIRTUAL_MACHINE", "host": "HOST", "datastore": "DATASTORE", "network": "NETWORK"}
    rows = [{"folder": vcenter.references.give("folder", name), "name": name, "type": kind}
            for name, kind in kinds.items()]  # fmt: skip
    return 200, filtered(query, rows, folders="folder", names="name", type="type")


def resource_pools(vcenter, query, body):
    """List ResourcePool: the root pool of each cluster."""
    names = dict.fromkeys(record.cluster for record in vcenter.vim.hosts.values() if record.cluster)
    rows = [
        {"resource_pool": vcenter.references.give("resource pool", name), "name": "Resources",
         "cluster": vcenter.references.give("cluster", name)} for name in names
    ]  # fmt: skip
    found = filtered(query, rows, resource_pools="resource_pool", names="name", clusters="cluster")
    return 200, shown(found, "cluster")


ROUTES = (
    ("GET", None, "/api/vcenter/host", hosts),
    ("GET", None, "/api/vcenter/cluster", clusters),
    ("GET", None, "/api/vcenter/cluster/(?P<cluster>[^/]+)", cluster),
    ("GET", None, "/api/vcenter/datastore", datastores),
    ("GET", None, "/api/vcenter/datastore/(?P<datastore>[^/]+)", datastore),
    ("GET", None, "/api/vcenter/datacenter", datacenters),
    ("GET", None, "/api/vcenter/network", networks),
    ("GET", None, "/api/vcenter/folder", folders),
    ("GET", None, "/api/vcenter/resource-pool", resource_pools),
)
