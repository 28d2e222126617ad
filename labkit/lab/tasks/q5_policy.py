"""Q5.T2, the policy: five rules in Nova's policy file, least privilege – judged by requests from readers, members and admins.

The configuration is a dict: operation → rule in oslo.policy's language (labkit/openstack/policy.py). Further names are helper rules that
`rule:` can refer to. Keystone expands implied roles before the service sees them: an admin's token says admin, manager, member, reader.
"""

from random import Random

from labkit.lab import tasks
from labkit.lab.task import Failure, Mutant, Scenario, Task
from labkit.openstack.policy import Policy, PolicyError

TABLE = {   # operation → role → what it may reach: its own project, any project, or nothing (roles that are missing: nothing)
    "servers:show": {"reader": "own", "member": "own", "manager": "own", "admin": "any"},
    "servers:create": {"member": "own", "manager": "own", "admin": "own"},
    "servers:delete": {"member": "own", "manager": "own", "admin": "any"},
    "servers:migrate": {"admin": "any"},
    "servers:list_all_projects": {"admin": "any"},
}
IMPLIED = {"admin": ["admin", "manager", "member", "reader"], "manager": ["manager", "member", "reader"], "member": ["member", "reader"],
           "reader": ["reader"], "auditor": ["auditor"], "service": ["service"], "nobody": []}
WORDS = {"servers:show": "look at a server", "servers:create": "create a server", "servers:delete": "delete a server",
         "servers:migrate": "migrate a server", "servers:list_all_projects": "list the servers of all projects"}
FAMILIES = {"the own project": 1, "other people's projects": 1, "operators' work": 1}
SHAPE = "the configuration is a dict with a rule (text) for each of the five operations"
READABLE = "every rule can be read by the policy engine"
NO_MORE = "no rule allows more than the table"
NO_LESS = "every rule allows what the table allows"


def scenarios(seed):
    """Forty requests: who asks for what, in whose project. Every operation meets every kind of person over the families."""
    luck = Random(f"Q5.T2/{seed}").random
    stories = [*own_project(luck), *strangers(luck), *operators(luck)]
    return [Scenario(family, seed * 100 + number, title, data) for number, (family, title, data) in enumerate(stories)]


def own_project(luck):
    """14 requests inside one project; sometimes the server was made by a colleague."""
    for operation in ("servers:show", "servers:create", "servers:delete"):
        for role in ("reader", "member", "manager", "auditor"):
            yield request("the own project", operation, role, "shop", role == "member" or luck() < 0.5)
    for role in ("nobody", "service"):
        yield request("the own project", ("servers:show", "servers:delete")[luck() < 0.5], role, "shop", True)


def strangers(luck):
    """14 requests that reach into another project, or come without one."""
    for operation in ("servers:show", "servers:create", "servers:delete"):
        for role in ("reader", "member", "admin"):
            yield request("other people's projects", operation, role, ("bank", "lab")[luck() < 0.5], True)
    yield request("other people's projects", "servers:show", ("service", "auditor")[luck() < 0.5], "bank", True)
    yield request("other people's projects", "servers:delete", ("manager", "auditor")[luck() < 0.5], "bank", True)
    for operation in ("servers:show", "servers:delete", "servers:create"):
        yield request("other people's projects", operation, "nobody", "bank", True, scope=None)


def operators(luck):
    """12 requests: what keeps a cloud running, asked for by admins and by others."""
    for operation in ("servers:migrate", "servers:list_all_projects"):
        for role in ("reader", "member", "manager", "service", "admin"):
            yield request("operators' work", operation, role, ("shop", "bank")[luck() < 0.3], luck() < 0.5)
    yield request("operators' work", "servers:create", "admin", "shop", False)
    yield request("operators' work", "servers:migrate", "nobody", "bank", True, scope=None)


def request(family, operation, role, project, colleague, scope="shop"):
    """One request as data: the token's side (credentials) and the thing's side (target)."""
    credentials = {"user_id": "u-anna", "project_id": scope, "roles": IMPLIED[role]}
    target = {"project_id": project, "user_id": "u-ben" if colleague else "u-anna"}
    where = "an unscoped token" if scope is None else f"a token for project {scope}"
    title = f"{role} with {where}: {WORDS[operation]} in project {project}"
    if colleague and scope == project and operation in ("servers:show", "servers:delete"):
        title += " (made by a colleague)"
    return family, title, {"operation": operation, "role": role, "credentials": credentials, "target": target}


def allowed(data):
    """What the table says."""
    reach = TABLE[data["operation"]].get(data["role"])
    return reach == "any" or reach == "own" and data["credentials"]["project_id"] == data["target"]["project_id"]


def judge(scenario, artefact):
    """Compile the rules and ask them about one request."""
    rules, data = artefact.value, scenario.data
    problem = shape(rules)
    if problem:
        return problem
    try:
        said = Policy(rules).check(data["operation"], data["target"], data["credentials"])
    except PolicyError as error:
        return Failure("type", READABLE, str(error))
    except RecursionError:
        return Failure("type", READABLE, f"{data['operation']} refers to itself by way of 'rule:'")
    if said == allowed(data):
        return None
    did = f"{scenario.title}. Your rule {rules[data['operation']]!r} says {'yes' if said else 'no'}, the table says {'no' if said else 'yes'}."
    return Failure("safety", NO_MORE, did, belief(rules, data)) if said else Failure("liveness", NO_LESS, did)


def shape(rules):
    """The first thing that is wrong with the configuration's form, as a Failure, or None."""
    if not isinstance(rules, dict):
        return Failure("type", SHAPE, f"got {type(rules).__name__}")
    missing = [name for name in TABLE if name not in rules]
    if missing:
        return Failure("type", SHAPE, f"there is no rule for {missing[0]!r}: an operation without a rule is open to nobody")
    wrong = [name for name, rule in rules.items() if not isinstance(rule, str)]
    return Failure("type", SHAPE, f"the rule for {wrong[0]!r} is {rules[wrong[0]]!r}, not a text") if wrong else None


def belief(rules, data):
    """Why somebody would allow too much: 'Keystone has looked already' (a rule that is always true), or 'a token opens every project'."""
    if rules[data["operation"]].strip() in ("", "@"):
        return "Q5.m1"
    return "Q5.m5" if data["credentials"]["project_id"] != data["target"]["project_id"] else None


OWN = "project_id:%(project_id)s"
REFERENCE = {
    "servers:show": f"(role:reader and {OWN}) or role:admin",
    "servers:create": f"role:member and {OWN}",
    "servers:delete": f"(role:member and {OWN}) or role:admin",
    "servers:migrate": "role:admin",
    "servers:list_all_projects": "role:admin",
}


def changed(**rules):
    """The reference with some rules changed; underscores for the colon of the names."""
    return {**REFERENCE, **{name.replace("servers_", "servers:"): rule for name, rule in rules.items()}}


MUTANTS = {
    "roles only, no project": Mutant(changed(servers_show="role:reader", servers_delete="role:member"), "Q5.m5"),
    "whoever has a token may": Mutant(dict.fromkeys(TABLE, "@"), "Q5.m1"),
    "Keystone has checked already": Mutant(changed(servers_show="", servers_create=""), "Q5.m1"),
    "project only, no role": Mutant(changed(servers_delete=f"{OWN} or role:admin", servers_create=OWN)),
    "readers may do what members may": Mutant(changed(servers_create=f"role:reader and {OWN}")),
    "only who made it may delete it": Mutant(changed(servers_delete="(role:member and user_id:%(user_id)s) or role:admin")),
    "only admins, to be safe": Mutant({**dict.fromkeys(TABLE, "role:admin"), "servers:create": f"role:admin and {OWN}"}),
    "admin in his own project only": Mutant(changed(servers_delete=f"(role:member or role:admin) and {OWN}")),
    "managers are admins": Mutant(changed(servers_migrate="role:manager", servers_list_all_projects="role:admin or role:manager")),
    "not a reader, so a member": Mutant(changed(servers_create=f"not role:reader and {OWN}")),
    "whoever is not a reader may list": Mutant(changed(servers_list_all_projects="not role:reader or role:admin")),
    "admins create in anybody's project": Mutant(changed(servers_create=f"(role:member and {OWN}) or role:admin"), "Q5.m5"),
    "a rule that calls itself": Mutant(changed(servers_migrate="rule:servers:migrate")),
    "a forgotten parenthesis": Mutant(changed(servers_show=f"(role:reader and {OWN} or role:admin")),
}

TASK = tasks.register(Task(
    id="Q5.T2", card="Q5", title="The policy: who may do what", kind="configuration", signature="policy: {operation: rule}",
    families=FAMILIES, scenarios=scenarios, judge=judge, reference=REFERENCE, mutants=MUTANTS, rules=(NO_MORE, NO_LESS, SHAPE, READABLE)))
