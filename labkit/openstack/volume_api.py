"""cinder-api: volumes of projects and their attachments. The project stands in the path, and it must be the token's.

What the real one does differently: cinder-scheduler and cinder-volume create and export the volume (asynchronously,
`creating` first), types, snapshots, quotas. Attaching is not mounting, and no data passes this API. Source: the Block
Storage API v3 reference.
"""

from labkit.openstack.errors import BadRequest, NotFound
from labkit.openstack.service import MEMBER, READER, Service, fault


class CinderApi(Service):
    """Volumes and attachments."""

    STEP, VERSION = 14, ("v3.0", "http://cinder-api:8776/v3/")
    ROUTES = (
        ("POST", "/v3/(?P<project>[^/]+)/volumes", "create"),
        ("GET", "/v3/(?P<project>[^/]+)/volumes", "index"),
        ("GET", "/v3/(?P<project>[^/]+)/volumes/(?P<id>[^/]+)", "show"),
        ("POST", "/v3/(?P<project>[^/]+)/attachments", "attach"),
    )
    POLICY = {
        "volume:create": MEMBER,
        "volume:get_all": READER,
        "volume:get": READER,
        "volume:attachment_create": MEMBER,
    }

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.volumes = {}

    def create(self, context, request, project):
        """POST /volumes: a volume, available at once."""
        target = self.target(context, project)
        self.enforce("volume:create", context, target)
        wanted = self.json(request, "volume")
        key = f"{self.world.random(self.name).getrandbits(128):032x}"
        self.volumes[key] = volume = {
            "id": key,
            "name": wanted.get("name", ""),
            "size": wanted.get("size", 1),
            "project_id": project,
            "status": "available",
            "attachments": [],
        }
        return 202, {"volume": volume}

    def index(self, context, request, project):
        self.enforce("volume:get_all", context, self.target(context, project))
        return 200, {"volumes": [volume for volume in self.volumes.values() if volume["project_id"] == project]}

    def show(self, context, request, project, id):
        volume = self.find(context, project, id)
        self.enforce("volume:get", context, volume)
        return 200, {"volume": volume}

    def attach(self, context, request, project):
        """POST …/attachments: reserves the volume for a server."""
        wanted = self.json(request, "attachment")
        volume = self.find(context, project, wanted.get("volume_uuid"))
        self.enforce("volume:attachment_create", context, volume)
        if volume["status"] != "available":
            raise BadRequest(f"Volume {volume['id']} status must be available, but it is {volume['status']}.")
        volume.update(status="in-use", attachments=[{"server_id": wanted.get("instance_uuid")}])
        return 200, {"attachment": {"id": volume["id"], "status": "attached"}}

    def find(self, context, project, id):
        """A volume of the project in the path; another project's does not exist for it (404)."""
        volume = self.volumes.get(id)
        if volume is None or volume["project_id"] != self.target(context, project)["project_id"]:
            raise NotFound(text=f"Volume {id} could not be found.")
        return volume

    @staticmethod
    def target(context, project):
        """The project in the path is the token's, or the path is malformed (an admin's may be any)."""
        if project != context.project_id and not context.is_admin:
            raise BadRequest("Malformed request url")
        return {"project_id": project}

    def error_body(self, refusal):
        return fault(refusal)
