"""JSON-home: the list of everything that Keystone can be asked, for clients that do not want to know paths by heart.

GET / or /v3 with `Accept: application/json-home`. The table names each extension's relations and their paths (`@` is
the extension's own name); it is that of the real server, so it also names what this one does not do (federation,
OAuth).
"""

import re

BASE = "https://docs.openstack.org/api/openstack-identity/3"
TABLE = """
core:
    auth_projects auth/projects
    auth_domains auth/domains
    auth_system auth/system
    auth_catalog auth/catalog
    auth_tokens auth/tokens
    credentials credentials
    credential credentials/{credential_id}
    domains domains
    domain domains/{domain_id}
    domain_config domains/{domain_id}/config
    domain_config_group domains/{domain_id}/config/{group}
    domain_config_option domains/{domain_id}/config/{group}/{option}
    domain_config_default domains/config/default
    domain_config_default_group domains/config/{group}/default
    domain_config_default_option domains/config/{group}/{option}/default
    domain_user_roles domains/{domain_id}/users/{user_id}/roles
    domain_user_role domains/{domain_id}/users/{user_id}/roles/{role_id}
    domain_group_roles domains/{domain_id}/groups/{group_id}/roles
    domain_group_role domains/{domain_id}/groups/{group_id}/roles/{role_id}
    endpoints endpoints
    endpoint endpoints/{endpoint_id}
    groups groups
    group groups/{group_id}
    group_users groups/{group_id}/users
    group_user groups/{group_id}/users/{user_id}
    limits limits
    limit limits/{limit_id}
    limit_model limits/model
    policies policies
    policy policies/{policy_id}
    projects projects
    project projects/{project_id}
    project_tags projects/{project_id}/tags/{value}
    project_user_role projects/{project_id}/users/{user_id}/roles/{role_id}
    project_user_roles projects/{project_id}/users/{user_id}/roles
    project_group_role projects/{project_id}/groups/{group_id}/roles/{role_id}
    project_group_roles projects/{project_id}/groups/{group_id}/roles
    regions regions
    region regions/{region_id}
    registered_limits registered_limits
    registered_limit registered_limits/{registered_limit_id}
    role_assignments role_assignments
    role_inferences role_inferences
    roles roles
    role roles/{role_id}
    implied_roles roles/{prior_role_id}/implies
    implied_role roles/{prior_role_id}/implies/{implied_role_id}
    services services
    service services/{service_id}
    system_user_roles system/users/{user_id}/roles
    system_user_role system/users/{user_id}/roles/{role_id}
    system_group_roles system/groups/{group_id}/roles
    system_group_role system/groups/{group_id}/roles/{role_id}
    users users
    user users/{user_id}
    user_change_password users/{user_id}/password
    user_groups users/{user_id}/groups
    user_projects users/{user_id}/projects
    application_credentials users/{user_id}/application_credentials
    application_credential users/{user_id}/application_credentials/{application_credential_id}
    access_rules users/{user_id}/access_rules
    access_rule users/{user_id}/access_rules/{access_rule_id}
    user_tokens users/{user_id}/tokens
OS-FEDERATION:
    projects auth/projects
    domains auth/domains
    saml2 auth/OS-FEDERATION/saml2
    ecp auth/OS-FEDERATION/saml2/ecp
    websso auth/OS-FEDERATION/websso/{protocol_id}
    identity_providers_websso auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso
    metadata @/saml2/metadata
    identity_provider_protocol_auth @/identity_providers/{idp_id}/protocols/{protocol_id}/auth
    identity_providers @/identity_providers
    identity_provider @/identity_providers/{idp_id}
    identity_provider_protocol @/identity_providers/{idp_id}/protocols/{protocol_id}
    identity_provider_protocols @/identity_providers/{idp_id}/protocols
    mappings @/mappings
    mapping @/mappings/{mapping_id}
    service_providers @/service_providers
    service_provider @/service_providers/{service_provider_id}
OS-PKI:
    revocations auth/tokens/OS-PKI/revoked
OS-EC2:
    ec2tokens ec2tokens
    user_credentials users/{user_id}/credentials/OS-EC2
    user_credential users/{user_id}/credentials/OS-EC2/{credential_id}
OS-ENDPOINT-POLICY:
    endpoint_policy endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy
    policy_endpoints policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints
    endpoint_policy_association policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints/{endpoint_id}
    service_policy_association policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}
    region_and_service_policy_association policies/{policy_id}/OS-ENDPOINT-POLICY/services/{service_id}/regions/{region_id}
OS-EP-FILTER:
    endpoint_groups @/endpoint_groups
    endpoint_group @/endpoint_groups/{endpoint_group_id}
    endpoint_projects @/endpoints/{endpoint_id}/projects
    project_endpoint @/projects/{project_id}/endpoints/{endpoint_id}
    project_endpoints @/projects/{project_id}/endpoints
    project_endpoint_groups @/projects/{project_id}/endpoint_groups
    endpoints_in_endpoint_group @/endpoint_groups/{endpoint_group_id}/endpoints
    projects_associated_with_endpoint_group @/endpoint_groups/{endpoint_group_id}/projects
    endpoint_group_to_project_association @/endpoint_groups/{endpoint_group_id}/projects/{project_id}
OS-INHERIT:
    domain_group_role_inherited_to_projects @/domains/{domain_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects
    domain_group_roles_inherited_to_projects @/domains/{domain_id}/groups/{group_id}/roles/inherited_to_projects
    domain_user_role_inherited_to_projects @/domains/{domain_id}/users/{user_id}/roles/{role_id}/inherited_to_projects
    domain_user_roles_inherited_to_projects @/domains/{domain_id}/users/{user_id}/roles/inherited_to_projects
    project_user_role_inherited_to_projects @/projects/{project_id}/users/{user_id}/roles/{role_id}/inherited_to_projects
    project_group_role_inherited_to_projects @/projects/{project_id}/groups/{group_id}/roles/{role_id}/inherited_to_projects
OS-OAUTH1:
    consumers @/consumers
    consumer @/consumers/{consumer_id}
    request_tokens @/request_token
    access_tokens @/access_token
    authorize_request_token @/authorize/{request_token_id}
    user_access_tokens users/{user_id}/OS-OAUTH1/access_tokens
    user_access_token users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}
    user_access_token_roles users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles
    user_access_token_role users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles/{role_id}
OS-OAUTH2:
    token @/token
OS-REVOKE:
    events @/events
OS-SIMPLE-CERT:
    ca_certificate @/ca
    certificates @/certificates
s3tokens:
    s3tokens s3tokens
OS-TRUST:
    trusts @/trusts
    trust @/trusts/{trust_id}
    trust_roles @/trusts/{trust_id}/roles
    trust_role @/trusts/{trust_id}/roles/{role_id}
"""  # noqa: E501 (a row is a row)
EXTENSION_OF = {
    "protocol_id": "OS-FEDERATION",
    "idp_id": "OS-FEDERATION",
    "mapping_id": "OS-FEDERATION",
    "service_provider_id": "OS-FEDERATION",
    "endpoint_group_id": "OS-EP-FILTER",
    "trust_id": "OS-TRUST",
    "consumer_id": "OS-OAUTH1",
    "request_token_id": "OS-OAUTH1",
    "access_token_id": "OS-OAUTH1",
}
CALLED = {
    "group": "config_group",
    "option": "config_option",
    "value": "tag_value",
    "prior_role_id": "role_id",
    "implied_role_id": "role_id",
}


def document(prefix="/v3"):
    """{"resources": {relation: {"href"} or {"href-template", "href-vars"}}}; `prefix` leads from the document to the
    paths.
    """
    resources, extension = {}, "core"
    for line in TABLE.strip().splitlines():
        if line.endswith(":"):
            extension = line[:-1]
            continue
        name, path = line.split()
        address = f"{prefix}/{path.replace('@', extension, 1) if path.startswith('@') else path}"
        resources[relation(extension, "rel", name)] = resource(address, experimental="limits" in path)
    return {"resources": resources}


def resource(path, experimental):
    variables = re.findall(r"{(\w+)}", path)
    entry = (
        {"href": path}
        if not variables
        else {
            "href-template": path,
            "href-vars": {
                name: relation(EXTENSION_OF.get(name, "core"), "param", CALLED.get(name, name)) for name in variables
            },
        }
    )
    return {**entry, "hints": {"status": "experimental"}} if experimental else entry


def relation(extension, kind, name):
    """The address that stands for a relation or a parameter."""
    return f"{BASE}/{kind}/{name}" if extension == "core" else f"{BASE}/ext/{extension}/1.0/{kind}/{name}"
