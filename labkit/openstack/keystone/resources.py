"""All resources of Keystone: their tables and their routes (importing a file enters its routes).

What the real one does differently: it also has federation, OAuth and configuration per domain; where it answers 500 (a limit that is no number,
an unknown project with include_subtree) this one says 400 or 404; an inherited role of one domain never counts on another domain that is used as
a project; and a unified limit looks the same however often it is read (the real one's cache grows a copy of the project into it).
"""

from labkit.openstack.keystone import (
    access_rules,
    application_credentials,
    assignments,
    catalog,
    credentials,
    deletion,
    domains,
    ec2,
    endpoint_groups,
    endpoint_projects,
    endpoint_table,
    endpoints,
    grants,
    groups,
    implied_roles,
    limits,
    memberships,
    policies,
    policy_associations,
    project_tags,
    projects,
    regions,
    registered_limits,
    role_assignments,
    roles,
    services,
    system_grants,
    trusts,
    users,
)

RESOURCES = (
    domains, projects, project_tags, users, groups, memberships, roles, implied_roles, assignments, grants, system_grants, role_assignments,
    regions, services, endpoint_table, endpoints, endpoint_projects, endpoint_groups, catalog, trusts, access_rules, application_credentials,
    credentials, ec2, policies, policy_associations, limits, registered_limits, deletion)
