"""Q5.T2, the policy: five rules in Nova's policy file, least privilege – judged by requests from readers, members and
admins.

The configuration is a dict: operation → rule in oslo.policy's language (labkit/openstack/policy.py). Further names are
helper rules that `rule:` can refer to. A target has project_id and user_id (who made it); the token has user_id,
project_id and roles. Keystone expands implied roles before the service sees them: an admin's token says admin, manager,
member, reader.
"""

import re
from random import Random

from labkit.lab import tasks
from labkit.lab.task import Failure, Mutant, Scenario, Task
from labkit.openstack.policy import Policy, PolicyError

TABLE = {  # operation → role → what it may reach: its own project or any (a role that is missing: nothing)
    "servers:show": {"reader": "own", "member": "own", "manager": "own", "admin": "any"},
    "servers:create": {"member": "own", "manager": "own", "admin": "own"},
    "servers:delete": {"member": "own", "manager": "own", "admin": "any"},
    "servers:migrate": {"admin": "any"},
    "servers:list_all_projects": {"admin": "any"},
}
IMPLIED = {
    "admin": ["admin", "manager", "member", "reader"],
    "manager": ["manager", "member", "reader"],
    "member": ["member", "reader"],
    "reader": ["reader"],
    "auditor": ["auditor"],
    "service": ["service"],
    "nobody": [],
}
WORDS = {
    "servers:show": "look at a server",
    "servers:create": "create a server",
    "servers:delete": "delete a server",
    "servers:migrate": "migrate a server",
    "servers:list_all_projects": "list the servers of all projects",
}
PROJECTS = ("shop", "lab", "blog", "bank")
FAMILIES = {"the own project": 1, "other people's projects": 1, "operators' work": 1}
SHAPE = "the configuration is a dict with a rule (text) for each of the five operations"
READABLE = "every rule can be read by the policy engine"
NO_MORE = "no rule allows more than the table"
NO_LESS = "every rule allows what the table allows"


def scenarios(seed):
    """Some ninety requests: every kind of person tries every operation in the own project and in a foreign one. The
    seed draws the projects, and who made the server where it must not matter."""
    luck = Random(f"Q5.T2/{seed}").random
    stories = [*own_project(luck), *strangers(luck), *operators(luck)]
    return [Scenario(family, seed * 100 + number, title, data) for number, (family, title, data) in enumerate(stories)]


def own_project(luck):
    """Requests inside one project; the server was made by a colleague, or by who asks."""
    for operation in ("servers:show", "servers:create", "servers:delete"):
        for role in IMPLIED:
            for colleague in (True, False) if operation != "servers:create" else (False,):
                yield request(luck, "the own project", operation, role, colleague=colleague)


def strangers(luck):
    """Requests that reach into another project, or come without one."""
    for operation in ("servers:show", "servers:create", "servers:delete"):
        for role in IMPLIED:
            yield request(luck, "other people's projects", operation, role, foreign=True)
        yield request(luck, "other people's projects", operation, "nobody", foreign=True, unscoped=True)


def operators(luck):
    """What keeps a cloud running, asked for by admins and by others; and what not even an admin does: create in a
    foreign project."""
    for operation in ("servers:migrate", "servers:list_all_projects"):
        for role in IMPLIED:
            for foreign in (False, True):
                yield request(luck, "operators' work", operation, role, foreign=foreign)
    yield request(luck, "operators' work", "servers:create", "admin", foreign=True)
    yield request(luck, "operators' work", "servers:migrate", "nobody", foreign=True, unscoped=True)


def request(luck, family, operation, role, foreign=False, colleague=None, unscoped=False):
    """One request as data: the token's side (credentials) and the thing's side (target). Without `colleague` the seed
    draws who made it."""
    at = int(luck() * len(PROJECTS))
    scope = None if unscoped else PROJECTS[at]
    project = PROJECTS[(at + 1 + int(luck() * (len(PROJECTS) - 1))) % len(PROJECTS)] if foreign else PROJECTS[at]
    colleague = luck() < 0.5 if colleague is None else colleague
    credentials = {"user_id": "u-anna", "project_id": scope, "roles": IMPLIED[role]}
    target = {"project_id": project, "user_id": "u-ben" if colleague else "u-anna"}
    where = "an unscoped token" if unscoped else f"a token for project {scope}"
    title = f"{role} with {where}: {WORDS[operation]} in project {project}"
    if colleague and not foreign and operation in ("servers:show", "servers:delete"):
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
    rule = rules[data["operation"]]
    ours, theirs = ("yes", "no") if said else ("no", "yes")
    did = f"Your rule {rule!r} says {ours}, the table says {theirs}.{nowhere(rules, rule, data['target'])}"
    return Failure("safety", NO_MORE, did, belief(rules, data)) if said else Failure("liveness", NO_LESS, did)


def nowhere(rules, rule, target):
    """A further sentence when the rule speaks of something that does not exist: the engine reads that as a no."""
    for name in re.findall(r"%\(([^)]*)\)s", rule):
        if name not in target:
            return f" A server has no attribute {name!r}; it has {' and '.join(target)}."
    for name in re.findall(r"\brule:([^\s()]+)", rule):
        if name not in rules:
            return f" There is no rule with the name {name!r}."
    return ""


def shape(rules):
    """The first thing that is wrong with the configuration's form, as a Failure, or None."""
    if not isinstance(rules, dict):
        return Failure("type", SHAPE, f"got {type(rules).__name__}")
    missing = [name for name in TABLE if name not in rules]
    if missing:
        return Failure(
            "type", SHAPE, f"there is no rule for {missing[0]!r}: an operation without a rule is open to nobody"
        )
    wrong = [name for name, rule in rules.items() if not isinstance(rule, str)]
    return Failure("type", SHAPE, f"the rule for {wrong[0]!r} is {rules[wrong[0]]!r}, not a text") if wrong else None


def belief(rules, data):
    """Why somebody would allow too much: 'Keystone has looked already' (a rule that is always true), or 'a token opens
    every project'."""
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
    "only who made it may delete it": Mutant(
        changed(servers_delete="(role:member and user_id:%(user_id)s) or role:admin")
    ),
    "only admins, to be safe": Mutant(
        {**dict.fromkeys(TABLE, "role:admin"), "servers:create": f"role:admin and {OWN}"}
    ),
    "a target's attribute that does not exist": Mutant(
        changed(servers_show="(role:reader and project_id:%(tenant_id)s) or role:admin")
    ),
    "a helper rule that nobody wrote": Mutant(changed(servers_delete="rule:admin_or_owner")),
    "admin in his own project only": Mutant(changed(servers_delete=f"(role:member or role:admin) and {OWN}")),
    "managers clean up everywhere": Mutant(changed(servers_delete=f"(role:member and {OWN}) or role:manager"), "Q5.m5"),
    "operators stay at home": Mutant(changed(servers_migrate=f"role:admin and {OWN}")),
    "who made it may always delete it": Mutant(
        changed(servers_delete=f"(role:member and {OWN}) or user_id:%(user_id)s or role:admin")
    ),
    "one project by its name": Mutant(changed(servers_create="role:member and 'shop':%(project_id)s")),
    "managers are admins": Mutant(
        changed(servers_migrate="role:manager", servers_list_all_projects="role:admin or role:manager")
    ),
    "not a reader, so a member": Mutant(changed(servers_create=f"not role:reader and {OWN}")),
    "whoever is not a reader may list": Mutant(changed(servers_list_all_projects="not role:reader or role:admin")),
    "admins create in anybody's project": Mutant(
        changed(servers_create=f"(role:member and {OWN}) or role:admin"), "Q5.m5"
    ),
    "a rule that calls itself": Mutant(changed(servers_migrate="rule:servers:migrate")),
    "a forgotten parenthesis": Mutant(changed(servers_show=f"(role:reader and {OWN} or role:admin")),
}

TASK = tasks.register(
    Task(
        id="Q5.T2",
        card="Q5",
        title="The policy: who may do what",
        kind="configuration",
        signature="policy: {operation: rule}",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=REFERENCE,
        mutants=MUTANTS,
        rules=(NO_MORE, NO_LESS, SHAPE, READABLE),
    )
)
