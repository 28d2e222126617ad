"""The operations of the policy matrix, as requests. What is in braces lies on the stage that matrix.py builds.

own…      the domain rec-dom and its project own (with the personas)     other…  the domain default and a project there
{n}       a number that no other cell has, for names of new things       list    the key under which a list's items lie
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One cell's request. before: requests of the admin that prepare it, each (method, path, body, kind to keep as
    {made})."""

    method: str
    path: str
    body: object = None
    list: str | None = None
    before: tuple = ()
    subject: str | None = None


def made(path, kind, **body):
    """Something that the admin makes for this cell alone."""
    return ("POST", path, {kind: body}, kind)


USER = made("/v3/users", "user", name="new{n}", domain_id="{own_domain}")
PROJECT = made("/v3/projects", "project", name="new{n}", domain_id="{own_domain}")
GROUP = made("/v3/groups", "group", name="new{n}", domain_id="{own_domain}")
DOMAIN = made("/v3/domains", "domain", name="new{n}", enabled=False)
ROLE = made("/v3/roles", "role", name="new{n}")
SERVICE = made("/v3/services", "service", type="new{n}", name="new{n}")
REGION = made("/v3/regions", "region", id="new{n}")
ENDPOINT = made("/v3/endpoints", "endpoint", service_id="{service}", interface="public", url="http://127.0.0.1:1/")
POLICY = made("/v3/policies", "policy", type="application/json", blob="{}")
GRANT = "/v3/projects/{own_project}/users/{target}/roles/{role.member}"
TRUST = {
    "trust": {
        "trustor_user_id": "{self}",
        "trustee_user_id": "{target}",
        "project_id": "{own_project}",
        "impersonation": True,
        "roles": [{"name": "reader"}],
    }
}

OPERATIONS = {
    "validate_own_token": Operation("GET", "/v3/auth/tokens", subject="self"),
    "validate_other_token": Operation("GET", "/v3/auth/tokens", subject="target"),
    "revoke_own_token": Operation("DELETE", "/v3/auth/tokens", subject="self"),
    "revoke_other_token": Operation("DELETE", "/v3/auth/tokens", subject="target"),
    "auth_projects": Operation("GET", "/v3/auth/projects"),
    "auth_domains": Operation("GET", "/v3/auth/domains"),
    "auth_catalog": Operation("GET", "/v3/auth/catalog"),
    "auth_system": Operation("GET", "/v3/auth/system"),
    "list_revoke_events": Operation("GET", "/v3/OS-REVOKE/events"),
    "show_self": Operation("GET", "/v3/users/{self}"),
    "update_self": Operation("PATCH", "/v3/users/{self}", {"user": {"description": "x"}}),
    "show_user_same_domain": Operation("GET", "/v3/users/{target}"),
    "show_user_other_domain": Operation("GET", "/v3/users/{stranger}"),
    "list_users": Operation("GET", "/v3/users", list="users"),
    "list_users_in_domain": Operation("GET", "/v3/users?domain_id={own_domain}", list="users"),
    "list_users_other_domain": Operation("GET", "/v3/users?domain_id=default", list="users"),
    "create_user_in_domain": Operation("POST", "/v3/users", {"user": {"name": "new{n}", "domain_id": "{own_domain}"}}),
    "create_user_other_domain": Operation("POST", "/v3/users", {"user": {"name": "new{n}", "domain_id": "default"}}),
    "update_user": Operation("PATCH", "/v3/users/{target}", {"user": {"description": "x"}}),
    "delete_user": Operation("DELETE", "/v3/users/{made}", before=(USER,)),
    "delete_user_in_domain": Operation("DELETE", "/v3/users/{made}", before=(USER,)),
    "list_own_projects": Operation("GET", "/v3/users/{self}/projects", list="projects"),
    "list_other_user_projects": Operation("GET", "/v3/users/{target}/projects", list="projects"),
    "list_own_groups": Operation("GET", "/v3/users/{self}/groups", list="groups"),
    "show_own_project": Operation("GET", "/v3/projects/{own_project}"),
    "show_other_project": Operation("GET", "/v3/projects/{other_project}"),
    "list_projects": Operation("GET", "/v3/projects", list="projects"),
    "list_projects_in_domain": Operation("GET", "/v3/projects?domain_id={own_domain}", list="projects"),
    "create_project_in_domain": Operation(
        "POST", "/v3/projects", {"project": {"name": "new{n}", "domain_id": "{own_domain}"}}
    ),
    "create_project_other_domain": Operation(
        "POST", "/v3/projects", {"project": {"name": "new{n}", "domain_id": "default"}}
    ),
    "update_own_project": Operation("PATCH", "/v3/projects/{own_project}", {"project": {"description": "x"}}),
    "delete_project_in_domain": Operation("DELETE", "/v3/projects/{made}", before=(PROJECT,)),
    "add_project_tag": Operation("PUT", "/v3/projects/{own_project}/tags/new{n}"),
    "list_project_tags": Operation("GET", "/v3/projects/{own_project}/tags", list="tags"),
    "delete_project_tag": Operation(
        "DELETE",
        "/v3/projects/{own_project}/tags/new{n}",
        before=(("PUT", "/v3/projects/{own_project}/tags/new{n}", None, None),),
    ),
    "show_own_domain": Operation("GET", "/v3/domains/{own_domain}"),
    "show_other_domain": Operation("GET", "/v3/domains/default"),
    "list_domains": Operation("GET", "/v3/domains", list="domains"),
    "create_domain": Operation("POST", "/v3/domains", {"domain": {"name": "new{n}"}}),
    "update_own_domain": Operation("PATCH", "/v3/domains/{own_domain}", {"domain": {"description": "x"}}),
    "update_domain": Operation("PATCH", "/v3/domains/{own_domain}", {"domain": {"description": "x"}}),
    "delete_domain": Operation("DELETE", "/v3/domains/{made}", before=(DOMAIN,)),
    "show_group": Operation("GET", "/v3/groups/{group}"),
    "list_groups": Operation("GET", "/v3/groups", list="groups"),
    "list_groups_in_domain": Operation("GET", "/v3/groups?domain_id={own_domain}", list="groups"),
    "create_group": Operation("POST", "/v3/groups", {"group": {"name": "new{n}", "domain_id": "{own_domain}"}}),
    "create_group_in_domain": Operation(
        "POST", "/v3/groups", {"group": {"name": "new{n}", "domain_id": "{own_domain}"}}
    ),
    "update_group": Operation("PATCH", "/v3/groups/{group}", {"group": {"description": "x"}}),
    "delete_group": Operation("DELETE", "/v3/groups/{made}", before=(GROUP,)),
    "list_group_users": Operation("GET", "/v3/groups/{group}/users", list="users"),
    "add_group_user": Operation("PUT", "/v3/groups/{group}/users/{target}"),
    "add_user_to_group": Operation("PUT", "/v3/groups/{group}/users/{target}"),
    "remove_user_from_group": Operation("DELETE", "/v3/groups/{group}/users/{target}"),
    "show_role": Operation("GET", "/v3/roles/{role.member}"),
    "list_roles": Operation("GET", "/v3/roles", list="roles"),
    "create_role": Operation("POST", "/v3/roles", {"role": {"name": "new{n}"}}),
    "update_role": Operation("PATCH", "/v3/roles/{role}", {"role": {"description": "x"}}),
    "delete_role": Operation("DELETE", "/v3/roles/{made}", before=(ROLE,)),
    "create_implied": Operation("PUT", "/v3/roles/{role}/implies/{role.reader}"),
    "list_implied": Operation("GET", "/v3/role_inferences", list="role_inferences"),
    "list_role_inferences": Operation("GET", "/v3/role_inferences", list="role_inferences"),
    "check_grant": Operation("GET", "/v3/projects/{own_project}/users/{persona.project_reader}/roles"),
    "list_grants": Operation("GET", "/v3/projects/{own_project}/users/{persona.project_reader}/roles", list="roles"),
    "grant_on_own_project": Operation("PUT", GRANT),
    "grant_member_on_own_project": Operation("PUT", GRANT),
    "grant_admin_on_own_project": Operation("PUT", "/v3/projects/{own_project}/users/{target}/roles/{role.admin}"),
    "grant_on_other_project": Operation("PUT", "/v3/projects/{other_project}/users/{target}/roles/{role.member}"),
    "grant_on_own_domain": Operation("PUT", "/v3/domains/{own_domain}/users/{target}/roles/{role.member}"),
    "grant_on_domain": Operation("PUT", "/v3/domains/{own_domain}/users/{target}/roles/{role.member}"),
    "grant_on_system": Operation("PUT", "/v3/system/users/{target}/roles/{role.reader}"),
    "revoke_grant": Operation("DELETE", GRANT, before=(("PUT", GRANT, None, None),)),
    "list_system_grants": Operation("GET", "/v3/system/users/{persona.system_reader}/roles", list="roles"),
    "list_assignments": Operation("GET", "/v3/role_assignments", list="role_assignments"),
    "list_assignments_own_project": Operation(
        "GET", "/v3/role_assignments?scope.project.id={own_project}", list="role_assignments"
    ),
    "list_assignments_own_domain": Operation(
        "GET", "/v3/role_assignments?scope.domain.id={own_domain}", list="role_assignments"
    ),
    "list_assignments_subtree": Operation(
        "GET", "/v3/role_assignments?scope.project.id={own_project}&include_subtree=true", list="role_assignments"
    ),
    "list_regions": Operation("GET", "/v3/regions", list="regions"),
    "create_region": Operation("POST", "/v3/regions", {"region": {"id": "new{n}"}}),
    "update_region": Operation("PATCH", "/v3/regions/RegionOne", {"region": {"description": "x"}}),
    "delete_region": Operation("DELETE", "/v3/regions/{made}", before=(REGION,)),
    "list_services": Operation("GET", "/v3/services", list="services"),
    "show_service": Operation("GET", "/v3/services/{service}"),
    "create_service": Operation("POST", "/v3/services", {"service": {"type": "new{n}", "name": "new{n}"}}),
    "update_service": Operation("PATCH", "/v3/services/{service}", {"service": {"description": "x"}}),
    "delete_service": Operation("DELETE", "/v3/services/{made}", before=(SERVICE,)),
    "list_endpoints": Operation("GET", "/v3/endpoints", list="endpoints"),
    "create_endpoint": Operation(
        "POST",
        "/v3/endpoints",
        {"endpoint": {"service_id": "{service}", "interface": "public", "url": "http://127.0.0.1:1/"}},
    ),
    "delete_endpoint": Operation("DELETE", "/v3/endpoints/{made}", before=(ENDPOINT,)),
    "list_policies": Operation("GET", "/v3/policies", list="policies"),
    "create_policy": Operation("POST", "/v3/policies", {"policy": {"type": "application/json", "blob": "{}"}}),
    "delete_policy": Operation("DELETE", "/v3/policies/{made}", before=(POLICY,)),
    "list_trusts": Operation("GET", "/v3/OS-TRUST/trusts", list="trusts"),
    "list_own_trusts": Operation("GET", "/v3/OS-TRUST/trusts?trustor_user_id={self}", list="trusts"),
    "create_trust": Operation("POST", "/v3/OS-TRUST/trusts", TRUST),
    "list_own_app_creds": Operation("GET", "/v3/users/{self}/application_credentials", list="application_credentials"),
    "list_other_app_creds": Operation(
        "GET", "/v3/users/{target}/application_credentials", list="application_credentials"
    ),
    "create_app_cred": Operation(
        "POST", "/v3/users/{self}/application_credentials", {"application_credential": {"name": "new{n}"}}
    ),
    "create_own_app_cred": Operation(
        "POST", "/v3/users/{self}/application_credentials", {"application_credential": {"name": "new{n}"}}
    ),
    "list_credentials": Operation("GET", "/v3/credentials", list="credentials"),
    "create_own_credential": Operation(
        "POST", "/v3/credentials", {"credential": {"type": "cert", "blob": "x", "user_id": "{self}"}}
    ),
    "create_other_credential": Operation(
        "POST", "/v3/credentials", {"credential": {"type": "cert", "blob": "x", "user_id": "{target}"}}
    ),
    "create_own_ec2": Operation("POST", "/v3/users/{self}/credentials/OS-EC2", {"tenant_id": "{own_project}"}),
    "list_registered_limits": Operation("GET", "/v3/registered_limits", list="registered_limits"),
    "list_limits": Operation("GET", "/v3/limits", list="limits"),
}
