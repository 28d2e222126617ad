"""neutron-server: ports; and the message to nova without which no guest starts.

    nova ──POST /v2.0/ports (the user's token)──▶ neutron-server … agents wire the port …
    nova ◀──POST /os-server-external-events (network-vif-plugged, not the user's)── neutron-server

What the real one does differently: networks, subnets and IPAM, security groups, quotas, DHCP and L2 agents as processes
of their own that lift one provisioning block each (neutron: doc/source/contributor/internals/provisioning_blocks.rst);
here `wire_s` stands for them. The account for the message to nova stands in the section [nova] of neutron.conf, that
for checking tokens in [keystone_authtoken]. They may be two: the installation guide enters nova's account in [nova].
Then neutron goes on checking tokens when only the other account is closed.
"""

from labkit.openstack import rest
from labkit.openstack.auth_token import KeystoneUnavailable
from labkit.openstack.errors import NotFound
from labkit.openstack.service import MEMBER, READER, Service
from labkit.openstack.service_user import ServiceUser
from labkit.world.errors import Unanswered


class NeutronServer(Service):
    """Ports of projects. `wire_s` is how long the agents need to wire one; `notifier` is the (account, password) with
    which nova is told, None for neutron's own."""

    STEP, VERSION = 10, ("v2.0", "http://neutron-server:9696/v2.0/")
    ROUTES = (
        ("POST", "/v2.0/ports", "create"),
        ("GET", "/v2.0/ports", "index"),
        ("GET", "/v2.0/ports/(?P<id>[^/]+)", "show"),
    )
    POLICY = {"create_port": MEMBER, "get_port": READER}

    def __init__(self, *args, wire_s=6.0, nova="nova-api", notifier=None, **options):
        super().__init__(*args, **options)
        self.wire_s, self.nova, self.ports = wire_s, nova, {}
        self.notifier = (
            ServiceUser(self.world, self.name, *notifier, keystone=self.account.keystone) if notifier else self.account
        )

    def forget(self):
        super().forget()
        self.notifier.forget()

    def create(self, context, request):
        """POST /ports: the port is DOWN until the agents have wired it."""
        self.enforce("create_port", context, {"project_id": context.project_id})
        wanted = self.json(request, "port")
        luck = self.world.random(self.name)
        key, mac = f"{luck.getrandbits(128):032x}", f"fa:16:3e:{luck.getrandbits(24):06x}"
        mac = mac[:9] + ":".join(mac[9:][i : i + 2] for i in (0, 2, 4))
        port = self.ports[key] = {
            "id": key,
            "project_id": context.project_id,
            "device_id": wanted.get("device_id", ""),
            "mac_address": mac,
            "fixed_ips": [{"ip_address": f"192.168.0.{10 + len(self.ports)}"}],
            "status": "DOWN",
        }
        if port["device_id"]:
            self.node.process(self.wire(port))
        return 201, {"port": port}

    def index(self, context, request):
        self.enforce("get_port", context, {"project_id": context.project_id})
        return 200, {"ports": [port for port in self.ports.values() if port["project_id"] == context.project_id]}

    def show(self, context, request, id):
        port = self.ports.get(id)
        if port is None or not self.policy.check("get_port", port, context.credentials()):
            raise NotFound(text=f"Port {id} could not be found.")
        return 200, {"port": port}

    def wire(self, port):
        """Generator: the agents wire the port, then nova is told – in neutron's name, not in the user's."""
        yield self.world.timeout(self.wire_s)
        port["status"] = "ACTIVE"
        self.world.emit(self.name, None, "state", "port ACTIVE", port=port["id"])
        event = {
            "events": [
                {
                    "name": "network-vif-plugged",
                    "server_uuid": port["device_id"],
                    "tag": port["id"],
                    "status": "completed",
                }
            ]
        }
        for _ in range(2):
            said = yield from self.tell_nova(event)
            if said.status != 401:
                break
            self.notifier.forget()  # refused: log in again, once
        if said.status != 200:
            self.world.emit(self.name, None, "log", f"nova was not told: {why(said)}", port=port["id"])

    def tell_nova(self, event):
        """Generator: nova's Answer; status 503 when nova or Keystone cannot be reached or does not accept this
        account."""
        try:
            own = yield from self.notifier.current()
            detail = rest.detail("POST", "/v2.1/os-server-external-events", own, event)
            payload = yield self.world.call(
                self.name, self.nova, "rest", "POST /v2.1/os-server-external-events", 30.0, step=13, **detail
            )
        except (KeystoneUnavailable, Unanswered) as silence:
            return rest.Answer(503, {}, {"message": str(silence)})
        return rest.Answer.of(payload)

    def error_body(self, refusal):
        return {"NeutronError": {"type": refusal.title.replace(" ", ""), "message": refusal.message, "detail": ""}}


def why(said):
    """The reason of a refusal in one line."""
    return said.body["message"] if "message" in (said.body or {}) else f"nova answered {said.status}"
