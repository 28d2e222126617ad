"""Who may do what in Keystone: the default policy of 2026.1, for every operation, grouped by who may.

Four personas matter: admin (on *any* project: that is the cloud's admin, bug 968696 lives on in the default rules), a
reader of the system, a manager or reader of the domain that owns the target, and the owner. A rule also names the
scopes it accepts; a token of another scope is refused although its roles would do. `target.…` is the thing acted
upon, built by each route before anything is looked up for the answer, so that a 403 comes before a 404 and tells
nobody what exists.
"""

ANY_SCOPE, NOT_DOMAIN, PROJECT_ONLY = ("system", "domain", "project"), ("system", "project"), ("project",)

ADMIN = "rule:admin_required"
SYSTEM_READER = "(role:reader and system_scope:all)"
LOOK = f"{ADMIN} or {SYSTEM_READER}"


def in_domain(role, *owners):
    """A role on the domain that owns each of these."""
    return f"(role:{role} and " + " and ".join(f"domain_id:%(target.{owner})s" for owner in owners) + ")"


def grant_pairs(role):
    """A role on the domain that owns both the actor (user or group) and the place (project or the domain itself)."""
    return "(" + " or ".join(in_domain(role, actor, place) for actor in ("user.domain_id", "group.domain_id")
                             for place in ("project.domain_id", "domain.id")) + ")"


OWN_PROJECT = "and not None:%(target.project.domain_id)s)"
ROLE_OF_DOMAIN = "(domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)"
TRUSTOR, TRUSTEE = "user_id:%(target.trust.trustor_user_id)s", "user_id:%(target.trust.trustee_user_id)s"
CREDENTIAL_OWNER = "user_id:%(target.credential.user_id)s"
PROJECT_LOOK = (f"{LOOK} or (role:reader and domain_id:%(target.project.domain_id)s {OWN_PROJECT}"
                " or project_id:%(target.project.id)s")
CHANGE_GRANT = (f"{ADMIN} or {grant_pairs('admin')} and {ROLE_OF_DOMAIN}"
                f" or {grant_pairs('manager')} and rule:domain_managed_target_role")
ASSIGNMENTS = f"{LOOK} or (role:reader and domain_id:%(target.domain_id)s and not None:%(target.domain_id)s)"

WORDS = {
    "admin_required": "role:admin or is_admin:1",
    "service_role": "role:service",
    "service_or_admin": "rule:admin_required or rule:service_role",
    "owner": "user_id:%(user_id)s",
    "admin_or_owner": "rule:admin_required or rule:owner",
    "token_subject": "user_id:%(target.token.user_id)s",
    "admin_or_token_subject": "rule:admin_required or rule:token_subject",
    "service_admin_or_token_subject": "rule:service_or_admin or rule:token_subject",
    "domain_managed_target_role": " or ".join(
        f"'{role}':%(target.role.name)s" for role in ("manager", "member", "reader")
    ),
}

GROUPS = [
    (
        None,
        "",
        "get_auth_catalog get_auth_projects get_auth_domains get_auth_system list_projects_for_user"
        " list_domains_for_user",
    ),
    (
        ANY_SCOPE,
        "",
        "get_limit_model list_limits get_region list_regions get_registered_limit list_registered_limits"
        " get_security_compliance_domain_config",
    ),
    (
        NOT_DOMAIN,
        ADMIN,
        "create_domain update_domain delete_domain create_domain_config update_domain_config delete_domain_config"
        " create_endpoint update_endpoint delete_endpoint create_service update_service delete_service"
        " create_region update_region delete_region create_role update_role delete_role create_domain_role"
        " update_domain_role delete_domain_role create_implied_role delete_implied_role"
        " create_system_grant_for_user revoke_system_grant_for_user create_system_grant_for_group"
        " revoke_system_grant_for_group create_policy update_policy delete_policy"
        " create_policy_association_for_endpoint delete_policy_association_for_endpoint"
        " create_policy_association_for_service delete_policy_association_for_service"
        " create_policy_association_for_region_and_service delete_policy_association_for_region_and_service"
        " add_endpoint_to_project remove_endpoint_from_project create_endpoint_group update_endpoint_group"
        " delete_endpoint_group add_endpoint_group_to_project remove_endpoint_group_from_project create_limits"
        " update_limit delete_limit create_registered_limits update_registered_limit delete_registered_limit",
    ),
    (
        NOT_DOMAIN,
        LOOK,
        "get_domain_config get_domain_config_default get_endpoint list_endpoints get_service list_services"
        " get_domain_role list_domain_roles get_implied_role list_implied_roles list_role_inference_rules"
        " check_implied_role list_system_grants_for_user check_system_grant_for_user list_system_grants_for_group"
        " check_system_grant_for_group get_policy list_policies check_policy_association_for_endpoint"
        " check_policy_association_for_service check_policy_association_for_region_and_service"
        " get_policy_for_endpoint list_endpoints_for_policy list_projects_for_endpoint check_endpoint_in_project"
        " list_endpoints_for_project list_endpoint_groups get_endpoint_group"
        " list_projects_associated_with_endpoint_group list_endpoints_associated_with_endpoint_group"
        " get_endpoint_group_in_project list_endpoint_groups_for_project list_trusts",
    ),
    (
        ANY_SCOPE,
        f"{LOOK} or token.domain.id:%(target.domain.id)s or token.project.domain.id:%(target.domain.id)s",
        "get_domain",
    ),
    (ANY_SCOPE, f"{LOOK} or {in_domain('reader', 'domain.id')}", "list_domains"),
    (ANY_SCOPE, PROJECT_LOOK, "get_project list_project_tags get_project_tag"),
    (
        ANY_SCOPE,
        f"{ADMIN} or (role:manager and domain_id:%(target.project.domain_id)s {OWN_PROJECT}",
        "create_project update_project delete_project update_project_tags create_project_tag delete_project_tags"
        " delete_project_tag",
    ),
    (ANY_SCOPE, f"{LOOK} or {in_domain('reader', 'domain_id')}", "list_projects list_users"),
    (
        ANY_SCOPE,
        f"{LOOK} or {in_domain('reader', 'user.domain_id')} or user_id:%(target.user.id)s",
        "list_user_projects",
    ),
    (
        ANY_SCOPE,
        f"{LOOK} or (role:reader and token.domain.id:%(target.user.domain_id)s) or user_id:%(target.user.id)s",
        "get_user",
    ),
    (
        ANY_SCOPE,
        f"{ADMIN} or (role:manager and token.domain.id:%(target.user.domain_id)s)",
        "create_user update_user delete_user",
    ),
    (ANY_SCOPE, "rule:admin_or_owner", "revoke_tokens_for_user"),
    (ANY_SCOPE, f"{LOOK} or {in_domain('reader', 'group.domain_id')}", "get_group list_groups list_users_in_group"),
    (ANY_SCOPE, f"{LOOK} or {in_domain('reader', 'user.domain_id')} or rule:owner", "list_groups_for_user"),
    (ANY_SCOPE, f"{ADMIN} or {in_domain('manager', 'group.domain_id')}", "create_group update_group delete_group"),
    (ANY_SCOPE, f"{LOOK} or {in_domain('reader', 'group.domain_id', 'user.domain_id')}", "check_user_in_group"),
    (
        ANY_SCOPE,
        f"{ADMIN} or {in_domain('manager', 'group.domain_id', 'user.domain_id')}",
        "add_user_to_group remove_user_from_group",
    ),
    (ANY_SCOPE, f"({LOOK}) or (role:manager and not domain_id:None)", "list_roles"),
    (ANY_SCOPE, f"({LOOK}) or (role:manager and rule:domain_managed_target_role)", "get_role"),
    (ANY_SCOPE, f"{ADMIN} or ({SYSTEM_READER} or {grant_pairs('reader')} and {ROLE_OF_DOMAIN})", "check_grant"),
    (ANY_SCOPE, f"{LOOK} or {grant_pairs('reader')}", "list_grants"),
    (ANY_SCOPE, CHANGE_GRANT, "create_grant revoke_grant"),
    (ANY_SCOPE, ASSIGNMENTS, "list_role_assignments list_role_assignments_for_tree"),
    (PROJECT_ONLY, TRUSTOR, "create_trust"),
    (NOT_DOMAIN, f"{ADMIN} or {TRUSTOR}", "delete_trust"),
    (NOT_DOMAIN, f"{LOOK} or {TRUSTOR}", "list_trusts_for_trustor"),
    (NOT_DOMAIN, f"{LOOK} or {TRUSTEE}", "list_trusts_for_trustee"),
    (NOT_DOMAIN, f"{LOOK} or {TRUSTOR} or {TRUSTEE}", "get_trust list_roles_for_trust get_role_for_trust"),
    (PROJECT_ONLY, "rule:owner", "create_application_credential"),
    (NOT_DOMAIN, "rule:admin_or_owner", "delete_application_credential"),
    (
        NOT_DOMAIN,
        f"{LOOK} or rule:owner",
        "get_application_credential list_application_credentials ec2_list_credentials",
    ),
    (NOT_DOMAIN, f"{SYSTEM_READER} or user_id:%(target.user.id)s", "get_access_rule list_access_rules"),
    (NOT_DOMAIN, "(role:admin and system_scope:all) or user_id:%(target.user.id)s", "delete_access_rule"),
    (ANY_SCOPE, f"{LOOK} or {CREDENTIAL_OWNER}", "get_credential list_credentials"),
    (ANY_SCOPE, f"{ADMIN} or {CREDENTIAL_OWNER}", "create_credential update_credential delete_credential"),
    (NOT_DOMAIN, f"{LOOK} or {CREDENTIAL_OWNER}", "ec2_get_credential"),
    (NOT_DOMAIN, f"{ADMIN} or (role:member and {CREDENTIAL_OWNER})", "ec2_create_credential ec2_delete_credential"),
    (
        ANY_SCOPE,
        f"{LOOK} or domain_id:%(target.limit.domain.id)s or domain_id:%(target.limit.project.domain_id)s"
        " or (project_id:%(target.limit.project_id)s and not None:%(target.limit.project_id)s)",
        "get_limit",
    ),
    (ANY_SCOPE, f"{LOOK} or rule:token_subject", "check_token"),
    (ANY_SCOPE, f"{LOOK} or rule:service_role or rule:token_subject", "validate_token"),
    (ANY_SCOPE, "rule:admin_required or rule:token_subject", "revoke_token"),
    (ANY_SCOPE, "rule:service_or_admin", "ec2tokens_validate s3tokens_validate"),
    (NOT_DOMAIN, "rule:service_or_admin", "list_revoke_events revocation_list"),
]


def spread(groups):
    """The groups as one table: operation → check string, or (check string, accepted scopes)."""
    return {f"identity:{name}": check if scopes is None else (check, scopes)
            for scopes, check, names in groups for name in names.split()}


RULES = {**WORDS, **spread(GROUPS)}
