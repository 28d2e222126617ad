"""glance-api: image records, and bits that go straight from the client into the store.

    client ══ PUT /v2/images/ID/file, 2 GiB ══▶ glance-api    keystone: asked once about the token, sees no byte

What the real one does differently: image formats, tasks, quotas, several stores, sharing with members, and streaming in
chunks; an upload here is one message. Source of paths and statuses: the Images API v2 reference.
"""

from labkit.openstack.errors import NotFound
from labkit.openstack.service import MEMBER, Service

SEES = "(role:reader and project_id:%(project_id)s) or 'public':%(visibility)s or role:admin"


class GlanceApi(Service):
    """Images; `stored_bytes` counts what clients have uploaded."""

    STEP, VERSION = 8, ("v2.0", "http://glance-api:9292/v2/")
    ROUTES = (
        ("POST", "/v2/images", "create"),
        ("GET", "/v2/images/(?P<id>[^/]+)", "show"),
        ("PUT", "/v2/images/(?P<id>[^/]+)/file", "upload"),
    )
    POLICY = {"add_image": MEMBER, "get_image": SEES, "upload_image": MEMBER}

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.images, self.stored_bytes = {}, 0

    def create(self, context, request):
        """POST /images: the record of an image that has no bytes yet (queued)."""
        self.enforce("add_image", context, {"project_id": context.project_id})
        wanted = request.json
        key = f"{self.world.random(self.name).getrandbits(128):032x}"
        self.images[key] = image = {
            "id": key,
            "name": wanted.get("name", ""),
            "owner": context.project_id,
            "visibility": "private",
            "status": "queued",
            "size": None,
        }
        return 201, image

    def show(self, context, request, id):
        image = self.find(context, id, "get_image")
        return 200, image

    def upload(self, context, request, id):
        """PUT …/file: the body is the image."""
        image = self.find(context, id, "upload_image")
        image.update(status="active", size=len(request.text.encode()))
        self.stored_bytes += image["size"]
        return 204, None

    def find(self, context, id, rule):
        """An image that the policy lets this context see; others do not exist for it (404)."""
        image = self.images.get(id)
        if image is None or not self.policy.check("get_image", self.target(image), context.credentials()):
            raise NotFound(text=f"Failed to find image {id}")
        self.enforce(rule, context, self.target(image))
        return image

    @staticmethod
    def target(image):
        return {"project_id": image["owner"], "visibility": image["visibility"]}

    def error_body(self, refusal):
        return {"message": refusal.message, "code": f"{refusal.code} {refusal.title}", "title": refusal.title}
