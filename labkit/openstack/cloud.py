"""A small OpenStack: Keystone, four services and a dashboard, each a process of its own, joined by messages.

laptop ──▶ keystone          horizon ──▶ keystone, nova-api          visitor ──▶ vm-web (data plane: none of these)
   └─────▶ nova-api ──▶ glance-api, neutron-server, cinder-api
               └───────────┴──────────────┴─▶ keystone: 'whose token is this?'

cloud = OpenStack(World(seed=7))
anna = cloud.login("anna")                           # project shop, role member
cloud.boot(anna, "web"); cloud.world.run(until=30)
anna.get("compute", "/servers").body                 # through the network, with her token
"""

from labkit.openstack import rest
from labkit.openstack.balancer import Balancer
from labkit.openstack.compute_api import NovaApi
from labkit.openstack.errors import Unauthorized
from labkit.openstack.horizon import Horizon
from labkit.openstack.image_api import GlanceApi
from labkit.openstack.keystone import Keystone
from labkit.openstack.network_api import NeutronServer
from labkit.openstack.registration import PEOPLE, SERVICES, furnish, secret
from labkit.openstack.service_user import password_login
from labkit.openstack.session import Session, send
from labkit.openstack.volume_api import CinderApi
from labkit.world.errors import LabError, unknown
from labkit.world.journal import action

KINDS = {"nova-api": NovaApi, "glance-api": GlanceApi, "neutron-server": NeutronServer, "cinder-api": CinderApi}


class OpenStack:
    """The cloud in one world.

    `keystones` > 1: that many Keystone nodes (keystone-1 …) with one database behind the balancer `keystone`;
    `same_keys=False` gives each its own Fernet keys, which is a mistake to look at. `token_s` is a token's life,
    `token_cache_s` what each service caches a verdict for. `notifier` is the account with which neutron tells nova that
    a port is wired ([nova] in neutron.conf; the installation guide has "nova"). `people` maps user → (project, role);
    everybody's password is secret(name). Parts: `nova`, `glance`, `neutron`, `cinder`, `horizon`, `keystones`,
    `balancer`, and `services` by node name.
    """

    @action
    def __init__(
        self,
        world,
        name="openstack",
        keystones=1,
        same_keys=True,
        token_s=3600,
        token_cache_s=300,
        send_service_token=False,
        notifier="neutron",
        people=PEOPLE,
        password_rounds=4,
    ):
        self.world, self.name, self.people, self.logins = world, name, dict(people), 0
        self.accounts = list(dict.fromkeys([*(account for account, *_ in SERVICES.values()), notifier]))
        self.keystones = self._keystones(keystones, same_keys, token_s=token_s, password_rounds=password_rounds)
        self.balancer = Balancer(world, "keystone", [each.name for each in self.keystones]) if keystones > 1 else None
        furnish(self.keystone, self.people, self.accounts)
        options = {
            node: {"token_cache_s": token_cache_s, "send_service_token": send_service_token} for node in SERVICES
        }
        if notifier != "neutron":
            options["neutron-server"]["notifier"] = (notifier, secret(notifier))
        self.services = {
            node: KINDS[node](world, node, account, secret(account), **options[node])
            for node, (account, *_) in SERVICES.items()
        }
        self.nova, self.glance, self.neutron, self.cinder = (self.services[node] for node in KINDS)
        self.nova.power_on, self.nova.power_off = self._power_on, self._power_off
        self.horizon = Horizon(world)
        self.image_id = self._public_image()
        for outside in ("laptop", "visitor"):
            world.node(outside)

    def _keystones(self, number, same_keys, **options):
        if number < 1:
            raise LabError(f"a cloud has at least one Keystone node, not {number}")
        first = Keystone(
            self.world, name="keystone" if number == 1 else "keystone-1", admin_password=secret("admin"), **options
        )
        more = [
            Keystone(
                self.world, name=f"keystone-{i}", database=first.db, keys=first.keys if same_keys else None, **options
            )
            for i in range(2, number + 1)
        ]
        return [first, *more]

    @property
    def keystone(self):
        """The (first) Keystone node."""
        return self.keystones[0]

    # -- what people do ----------------------------------------
    @action
    def login(self, user, password=None, project=None, domain="Default", client="laptop", unscoped=False):
        """Log in over the network and return a Session. Without `project`: the one that the user works in;
        `unscoped=True`: none.

        Raises Unauthorized (401) when Keystone says no, Unanswered when it says nothing.
        """
        project = None if unscoped else project or self.home(user)
        said = send(
            self.world,
            client,
            "POST",
            "keystone",
            "/v3/auth/tokens",
            None,
            password_login(user, password or secret(user), project, domain),
        )
        if said.status == 201:
            self.logins += 1
            return Session(
                self.world, f"{user} {self.logins}", client, said.headers["X-Subject-Token"], said.body["token"]
            )
        if said.status == 401:
            raise Unauthorized(f"{user} on {project}")
        raise LabError(
            f"Keystone answered {said.status}", code=said.status, definite=True, next_step="look at w.trace.table()"
        )

    @action
    def request(self, method, node, path, token=None, body=None, client="laptop", **headers):
        """A bare request at a node, with any token or none; returns the Answer."""
        return send(self.world, client, method, node, path, token, body, **headers)

    @action
    def boot(self, session, name, volumes=(), image=None):
        """POST /servers and wait for nothing: returns the Answer (202 and an id, if nova accepts it)."""
        mapping = {"block_device_mapping_v2": [{"uuid": volume} for volume in volumes]} if volumes else {}
        return session.post(
            "compute",
            "/servers",
            {"server": {"name": name, "imageRef": image or self.image_id, "flavorRef": "1", **mapping}},
        )

    @action
    def visit(self, server_name):
        """A visitor's request to what runs on a server: data plane only. Returns the Answer; Unanswered when the server
        does not run."""
        return rest.Answer.of(self.world.ask("visitor", f"vm-{server_name}", "http", "GET /", 5.0))

    @action
    def dashboard(self, user, password=None):
        """Open the dashboard in a browser and sign in; returns the Answer."""
        form = {"user": user, "password": password or secret(user), "project": self.home(user)}
        return send(self.world, "laptop", "POST", self.horizon.name, "/auth/login", None, form)

    def home(self, user):
        """The project in which a user works: people as told, services in `service`, others in one of their own name
        (admin)."""
        return "service" if user in self.accounts else self.people.get(user, (user, None))[0]

    # -- what operators do ----------------------------------------
    @action
    def set_user(self, name, **changes):
        """Change a user as the cloud's admin, over the network: set_user("neutron", enabled=False). Returns the
        Answer."""
        admin = self.login("admin", project="admin")
        users = admin.get("identity", f"/users?name={name}").body["users"]
        if not users:
            raise unknown("user", name, [user["name"] for user in admin.get("identity", "/users").body["users"]])
        return admin.patch("identity", f"/users/{users[0]['id']}", {"user": changes})

    @action
    def set_policy(self, node, rules):
        """Write a service's policy file while it runs: set_policy("nova-api", {"os_compute_api:servers:delete":
        "role:admin"}).

        What the file does not name has its default; {} is an empty file. Raises PolicyError for a rule that cannot be
        read.
        """
        if node not in self.services:
            raise unknown("service", node, self.services)
        self.services[node].set_policy(rules)

    @action
    def revoke(self, session):
        """The user throws the token away (DELETE /v3/auth/tokens). Returns the Answer."""
        return send(
            self.world,
            session.client,
            "DELETE",
            "keystone",
            "/v3/auth/tokens",
            session.token,
            X_Subject_Token=session.token,
        )

    # -- what the trace says ----------------------------------------
    def validations(self, session=None, since=None):
        """The questions 'whose token is this?' that services sent to Keystone, as a Trace; of one session's token if
        one is given."""
        asked = self.world.trace.where(
            kind="rest", src=list(self.services), dst="keystone", what="GET /v3/auth/tokens", since=since
        )
        return asked.where(subject=session.fingerprint) if session is not None else asked

    def status(self, server_id):
        """A server's status as nova's database has it (ACTIVE, BUILD, ERROR), None for one that is gone."""
        return self.nova.servers.get(server_id, {}).get("status")

    # -- the data plane ----------------------------------------
    def _power_on(self, server):
        name = f"vm-{server['name']}"
        if name in self.world.nodes:
            self.world.start(name)
        else:
            self.world.node(name, serve=lambda message: {"status": 200, "body": "welcome"})

    def _power_off(self, server):
        if f"vm-{server['name']}" in self.world.nodes:
            self.world.stop(f"vm-{server['name']}")

    def _public_image(self):
        key = "c1cc05e0-0000-4000-8000-000000000001"
        self.glance.images[key] = {
            "id": key,
            "name": "cirros",
            "owner": None,
            "visibility": "public",
            "status": "active",
            "size": 21430272,
        }
        return key
