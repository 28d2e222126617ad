"""The policy playground: who may do what, and above all: who says no.

    rows: operations of the services      columns: tokens      cell: 200/202/204, 401, 403, 404 or 503, and who decided

The grid asks the real services with their real policies, on copies (what_if), so that a DELETE deletes nothing. A
rule can be rewritten; the cells whose answer changed are marked. Keystone's part is the same in every row: it says
who you are, never what you may.
"""

from labkit.openstack.cloud import OpenStack
from labkit.openstack.policy import Policy
from labkit.views import card
from labkit.views.frame import Frame, button, choice, text_field
from labkit.views.what_if import Aside
from labkit.world import LabError, World

PEOPLE = {"rita": ("shop", "reader"), "mona": ("shop", "member"), "ada": ("shop", "admin"), "otto": ("other", "member")}
TOKENS = ("no token", "expired", "unscoped", "other project", "reader", "member", "admin")
KEYSTONE = ("running", "stopped, caches warm", "stopped, caches empty")
NODES = {
    "list servers": "nova-api",
    "show the server": "nova-api",
    "create a server": "nova-api",
    "delete the server": "nova-api",
    "show an image": "glance-api",
    "create a port": "neutron-server",
}
TONES = {2: "good", 4: "bad", 5: "odd"}


def shop(seed=7):
    """A cloud with one server in project shop, and a token of each kind: (cloud, server id, {kind: token text})."""
    cloud = OpenStack(World(seed), people=PEOPLE)
    expired = cloud.login("mona").token
    cloud.world.run(until=3700)
    session = cloud.login("mona")
    server = cloud.boot(session, "web").body["server"]["id"]
    cloud.world.run(until=cloud.world.now + 60)
    held = {
        "no token": None,
        "expired": expired,
        "unscoped": cloud.login("mona", unscoped=True).token,
        "member": session.token,
    }
    held |= {
        kind: cloud.login(user).token
        for kind, user in (("other project", "otto"), ("reader", "rita"), ("admin", "ada"))
    }
    return cloud, server, held


def operations(cloud, server):
    """Words -> (method, path, body): what the rows ask of their NODES."""
    return {
        "list servers": ("GET", "/v2.1/servers", None),
        "show the server": ("GET", f"/v2.1/servers/{server}", None),
        "create a server": (
            "POST",
            "/v2.1/servers",
            {"server": {"name": "new", "imageRef": cloud.image_id, "flavorRef": "1"}},
        ),
        "delete the server": ("DELETE", f"/v2.1/servers/{server}", None),
        "show an image": ("GET", f"/v2/images/{cloud.image_id}", None),
        "create a port": ("POST", "/v2.0/ports", {"port": {}}),
    }


def grid(cloud, server, held, keystone="running"):
    """(operation, kind of token) -> Told, for every cell."""
    return {
        (word, kind): answer(cloud, NODES[word], request, token, keystone)
        for word, request in operations(cloud, server).items()
        for kind, token in held.items()
    }


def answer(cloud, node, request, token, keystone):
    """One cell. Warm caches: the service has seen this very token a moment before Keystone stopped."""
    method, path, body = request
    aside = Aside(cloud)
    aside.part(node).door.cache.clear()
    if keystone == "stopped, caches warm":
        aside.ask(node, "GET", "/nothing", token)  # a 404, but behind the door
    if keystone != "running":
        aside.down.add("keystone")
    return aside.ask(node, method, path, token, body)


def draw(cells, *, kinds=TOKENS, keystone="running", rules=(), problem="", before=None):
    """The grid as an HTML table. `rules`: (name, check string) of the rule on show; `before`: cells to compare with."""
    words = list(dict.fromkeys(word for word, _ in cells))
    rows = [
        (
            card.Html(f'{card.text(word)} <span class="lk-who">{card.text(NODES[word])}</span>'),
            *(shown(cells[word, kind], before and before[word, kind]) for kind in kinds),
        )
        for word in words
    ]
    table = card.table(
        f"Keystone is {keystone}. Each cell: the status code, and which part of the service decided.",
        ("operation", *kinds),
        rows,
    )
    rule = card.Html(
        "".join(
            f"<p>Rule on show: {card.code(name)} = {card.code(text or '(empty: everybody)')}</p>"
            for name, text in rules
        )
    )
    wrong = (
        card.Html(
            f'<p role="alert">{card.badge("not a rule", "bad")} {card.text(problem)} '
            "The last good rule stays in force.</p>"
        )
        if problem
        else ""
    )
    return card.panel(
        "Policy playground",
        rule,
        wrong,
        table,
        note="401: who are you? · 403: I know you, and you may not · 404: for you it does not exist · "
        "503: nobody can say who you are",
    )


def shown(told, before):
    """A cell: status, who decided; marked when another status stood there before."""
    tone = TONES.get(told.status and told.status // 100, "odd")
    changed = f" (was {before.status})" if before and before.status != told.status else ""
    who = told.who.partition("'s ")[2] or "not found"
    return card.cell(f"{told.status or 'no answer'}{changed}", tone, who)


class PolicyPlayground(Frame):
    """The grid with a rule to rewrite and Keystone to stop. It brings a cloud of its own: project shop, its reader,
    member and admin.

    `rules`: changes to begin with, {"nova-api": {"os_compute_api:servers:delete": "role:admin"}}.
    """

    def __init__(self, seed=7, rules=None):
        self.cloud, self.server, self.held = shop(seed)
        self.keystone, self.problem, self.before = KEYSTONE[0], "", None
        self.rule = ("nova-api", "os_compute_api:servers:delete")
        for node, changes in (rules or {}).items():
            self.cloud.set_policy(node, changes)
        self.cells = grid(self.cloud, self.server, self.held)

    def check(self, name):
        """The check string of a rule (node, name) as it is in force."""
        return self.cloud.services[self.rule[0]].policy_rules[name]

    def html(self):
        return draw(
            self.cells,
            keystone=self.keystone,
            rules=[(self.rule[1], self.check(self.rule[1]))],
            problem=self.problem,
            before=self.before,
        )

    def text(self):
        return "\n".join(f"{word} · {kind}: {told.status} ({told.who})" for (word, kind), told in self.cells.items())

    def controls(self):
        names = [
            (f"{node}: {name}", (node, name))
            for node, service in self.cloud.services.items()
            for name in service.policy_rules
        ]
        self._field = text_field(
            "Check string",
            "role:member and project_id:%(project_id)s",
            lambda text: self.write(text),
            value=self.check(self.rule[1]),
            width="36em",
        )
        return [
            [choice("Rule", names, self.choose, value=self.rule)],
            [self._field, button("Default rule", self.reset)],
            [choice("Keystone", list(KEYSTONE), self.switch, value=self.keystone)],
        ]

    def choose(self, rule):
        """Show another rule."""
        self.rule, self.problem, self.before = rule, "", None
        self.put(self.check(rule[1]))
        self.refresh(f"Rule {rule[1]}")

    def put(self, text):
        if self._live is not None:
            self._field.value = text

    def write(self, text):
        """Put a check string in force; one that cannot be read is refused and says why."""
        if text == self.check(self.rule[1]):
            return
        rules = {**self.cloud.services[self.rule[0]].policy_rules, self.rule[1]: text}
        try:
            Policy(rules)
        except LabError as problem:
            self.problem, self.before = str(problem), None
            self.refresh(self.problem)
            return
        self.cloud.set_policy(self.rule[0], rules)
        self.problem = ""
        self.again("The rule is in force")

    def reset(self):
        """The service's own default for this rule."""
        default = self.cloud.services[self.rule[0]].POLICY[self.rule[1]]
        self.write(default)
        self.put(default)

    def switch(self, keystone):
        """Keystone runs or is stopped; see KEYSTONE for the words."""
        self.keystone = keystone
        self.again(f"Keystone is {keystone}")

    def again(self, said):
        self.before, self.cells = self.cells, grid(self.cloud, self.server, self.held, self.keystone)
        changed = sum(self.before[key].status != told.status for key, told in self.cells.items())
        self.refresh(f"{said}: {changed} answer{'s' if changed != 1 else ''} changed")
