"""Where endpoints are stored; regions, services and the catalog all look here."""

from labkit.openstack.keystone.store import Table

ENDPOINTS = Table(
    "endpoint",
    "endpoint",
    {
        "id": "TEXT PRIMARY KEY",
        "interface": "TEXT NOT NULL",
        "region_id": "TEXT",
        "service_id": "TEXT NOT NULL",
        "url": "TEXT NOT NULL",
        "enabled": "INTEGER NOT NULL",
    },
    flags=("enabled",),
)
SCHEMA = ENDPOINTS.schema
INTERFACE = {"type": "string", "enum": ["admin", "internal", "public"]}


def shown(ref):
    """An endpoint as the API shows it: the region under both its names."""
    return {**ref, "region": ref["region_id"]}
