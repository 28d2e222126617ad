"""nova-api with the boot of a server: 202 at once, the rest by messages – and each of them carries the user's token.

    POST /servers ─▶ 202 BUILD ─▶ image ─▶ port ─▶ volume ─▶ spawn, paused ─▶ network-vif-plugged ─▶ ACTIVE
                                  glance   neutron  cinder    libvirt           from neutron
      step 2           3            8        10       14        17                  13

Four services look at the same token, each on its own. The guest waits for an event that neutron sends with *its own*
account. What the real one does differently: conductor, scheduler, Placement and nova-compute are processes of their
own, joined by a message queue; nova-api reads image, network and quota before it says 202; host-side errors are tried
again on another host. Those services come in a later lab; statuses, paths, task states and the 300 s are Nova's
(nova/compute/manager.py, nova/conf/compute.py).
"""

from labkit.openstack.errors import BadRequest, NotFound
from labkit.openstack.service import MEMBER, READER, Service, fault

VIF_PLUGGING_TIMEOUT_S = 300.0


class NovaApi(Service):
    """Servers of projects. `spawn_s` is the time that the hypervisor needs, `power_on(server)` is called when a guest
    runs."""

    STEP, VERSION = 2, ("v2.1", "http://nova-api:8774/v2.1/")
    ROUTES = (
        ("POST", "/v2.1/servers", "create"),
        ("GET", "/v2.1/servers", "index"),
        ("GET", "/v2.1/servers/detail", "detail"),
        ("GET", "/v2.1/servers/(?P<id>[^/]+)", "show"),
        ("DELETE", "/v2.1/servers/(?P<id>[^/]+)", "delete"),
        ("POST", "/v2.1/os-server-external-events", "events"),
    )
    POLICY = {
        "os_compute_api:servers:create": MEMBER,
        "os_compute_api:servers:index": READER,
        "os_compute_api:servers:detail": READER,
        "os_compute_api:servers:show": READER,
        "os_compute_api:servers:delete": MEMBER,
        "os_compute_api:os-server-external-events:create": "role:service or role:admin",
    }

    def __init__(self, *args, spawn_s=8.0, power_on=lambda server: None, power_off=lambda server: None, **options):
        super().__init__(*args, **options)
        self.spawn_s, self.power_on, self.power_off = spawn_s, power_on, power_off
        self.servers, self.plugged = {}, {}

    # -- the API ----------------------------------------
    def create(self, context, request):
        """POST /servers: 202 with an id; everything else happens later, and shows in the server's status."""
        self.enforce(
            "os_compute_api:servers:create", context, {"project_id": context.project_id, "user_id": context.user_id}
        )
        wanted = self.json(request, "server")
        if not wanted.get("name") or not wanted.get("imageRef"):
            raise BadRequest("A server needs a name and an imageRef.")
        disks = [str(disk["uuid"]) for disk in wanted.get("block_device_mapping_v2", ())]
        key = f"{self.world.random(self.name).getrandbits(128):032x}"
        server = self.servers[key] = {
            "id": key,
            "name": wanted["name"],
            "project_id": context.project_id,
            "user_id": context.user_id,
            "status": "BUILD",
            "OS-EXT-STS:vm_state": "building",
            "OS-EXT-STS:task_state": "scheduling",
        }
        self.node.process(self.boot(context, server, str(wanted["imageRef"]), disks))
        return 202, {"server": {"id": key, "links": [{"rel": "self", "href": f"/v2.1/servers/{key}"}]}}

    def index(self, context, request):
        self.enforce("os_compute_api:servers:index", context, {"project_id": context.project_id})
        mine = [server for server in self.servers.values() if server["project_id"] == context.project_id]
        return 200, {"servers": [{"id": server["id"], "name": server["name"]} for server in mine]}

    def detail(self, context, request):
        """The list that openstacksdk and the command line ask for."""
        self.enforce("os_compute_api:servers:detail", context, {"project_id": context.project_id})
        return 200, {
            "servers": [dict(server) for server in self.servers.values() if server["project_id"] == context.project_id]
        }

    def show(self, context, request, id):
        server = self.find(context, id)
        self.enforce("os_compute_api:servers:show", context, server)
        return 200, {"server": dict(server)}

    def delete(self, context, request, id):
        server = self.find(context, id)
        self.enforce("os_compute_api:servers:delete", context, server)
        del self.servers[id]
        self.power_off(server)
        return 204, None

    def events(self, context, request):
        """POST /os-server-external-events: neutron says that an interface is wired."""
        self.enforce("os_compute_api:os-server-external-events:create", context, {})
        for event in request.json.get("events", ()):
            waiting = self.plugged.get(event.get("server_uuid"))
            if event.get("name") == "network-vif-plugged" and waiting is not None and not waiting.triggered:
                waiting.succeed()
        return 200, {"events": request.json.get("events", [])}

    def find(self, context, id):
        """A server that this project may know of; another project's does not exist for it (404, not 403)."""
        server = self.servers.get(id)
        if server is None or not (server["project_id"] == context.project_id or context.is_admin):
            raise NotFound(text=f"Instance {id} could not be found.")
        return server

    def error_body(self, refusal):
        return fault(refusal)

    # -- the boot (in the real one: conductor and nova-compute) ----------------------------------------
    def boot(self, context, server, image, disks):
        """Generator: everything after the 202. Nobody waits for it: what goes wrong shows in the server's status
        only."""
        self.plugged[server["id"]] = plugged = self.world.event()
        for task, call in self.stages(server, image, disks):
            self.state(server, task)
            said = yield from self.ask(context, *call)
            if server["id"] not in self.servers:
                return  # deleted while it was built
            if said.status >= 300:
                return self.fail(server, f"{call[0]} answered {said.status} to {call[1]} {call[2]}")
        self.state(server, "spawning")
        yield self.world.timeout(self.spawn_s)
        yield plugged | self.world.timeout(VIF_PLUGGING_TIMEOUT_S)
        if server["id"] not in self.servers:
            return
        if not plugged.triggered:
            return self.fail(
                server,
                f"Build of instance {server['id']} aborted: Failed to allocate the network(s), not rescheduling.",
            )
        self.state(server, None, "active", "ACTIVE")
        self.power_on(server)

    def stages(self, server, image, disks):
        """(task state, (node, method, path, body, step)) in the order of the workflow."""
        yield None, ("glance-api", "GET", f"/v2/images/{image}", None, 8)
        port = {"port": {"device_id": server["id"], "network_id": "private", "binding:host_id": "compute-1"}}
        yield "networking", ("neutron-server", "POST", "/v2.0/ports", port, 10)
        for disk in disks:
            attachment = {"attachment": {"instance_uuid": server["id"], "volume_uuid": disk}}
            yield (
                "block_device_mapping",
                ("cinder-api", "POST", f"/v3/{server['project_id']}/attachments", attachment, 14),
            )

    def state(self, server, task, vm_state="building", status="BUILD"):
        server.update({"status": status, "OS-EXT-STS:vm_state": vm_state, "OS-EXT-STS:task_state": task})
        self.world.emit(self.name, None, "state", f"{server['name']} {status}", task=task, server=server["id"])

    def fail(self, server, why):
        """A failed boot stays visible, with the reason where the user can read it."""
        server["fault"] = {"code": 500, "message": why}
        self.state(server, None, "error", "ERROR")
