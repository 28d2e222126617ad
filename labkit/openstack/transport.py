"""Real OpenStack clients in the world: keystoneauth1 and openstacksdk over the wire of labkit.world.transport.

    openstacksdk ─▶ keystoneauth1 ─▶ requests ─▶ Transport ──rest──▶ node "keystone"      (client: node "laptop")

    conn = connect(world, password="secret")          # an openstack.Connection; conn.identity.users() …
"""

import requests

from labkit.world.transport import Transport, mount

__all__ = ["Transport", "by_world_time", "connect", "mount", "session"]


def session(world, auth, hosts=None, client="laptop", timeout_s=None):
    """A keystoneauth1 Session on the node `client`; auth: one of keystoneauth1's plugins. timeout_s: virtual
    seconds."""
    from keystoneauth1.session import Session

    wire = mount(requests.Session(), world, hosts, client)
    return Session(auth=by_world_time(auth, world), session=wire, timeout=timeout_s)


def by_world_time(auth, world):
    """Let a plugin judge the age of its token by the world's clock. By the wall's, a lab's token is long over, and
    the plugin would log in before every single request."""

    def over():
        left = auth.auth_ref and (auth.auth_ref.expires - world.utcnow()).total_seconds()
        return not auth.auth_ref or auth.reauthenticate and left < auth.MIN_TOKEN_LIFE_SECONDS

    if hasattr(auth, "_needs_reauthenticate"):
        auth._needs_reauthenticate = over
    return auth


def connect(
    world,
    username="admin",
    password=None,
    project_name=None,
    *,
    user_domain_name="Default",
    project_domain_name="Default",
    system_scope=None,
    domain_name=None,
    auth_url="http://keystone:5000/v3",
    hosts=None,
    client="laptop",
    timeout_s=None,
    region_name="RegionOne",
    auth=None,
):
    """An openstack.Connection to the cloud in this world: by password, or with any keystoneauth1 plugin as `auth`.

    Without a scope, the project is called as the user is. timeout_s: virtual seconds a request may take.
    """
    from keystoneauth1.identity.v3 import Password
    from openstack.connection import Connection

    if auth is None:
        unscoped = not (project_name or system_scope or domain_name)
        project_name = username if unscoped else project_name
        auth = Password(
            auth_url=auth_url,
            username=username,
            password=password,
            user_domain_name=user_domain_name,
            project_name=project_name,
            project_domain_name=project_domain_name if project_name else None,
            system_scope=system_scope,
            domain_name=domain_name,
        )
    return Connection(session=session(world, auth, hosts, client, timeout_s), region_name=region_name)
