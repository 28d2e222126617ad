"""An auth_token on a node of its own, to knock at."""

from labkit.openstack.auth_token import AuthToken
from labkit.openstack.errors import HttpError
from labkit.openstack.registration import secret
from labkit.openstack.service_user import ServiceUser


class Door:
    """An auth_token of its own on the node `door`, logging in as nova. `knock` returns (status, headers for the
    service)."""

    def __init__(self, world, account="nova", **options):
        self.world, self.node = world, world.node("door")
        self.user = ServiceUser(world, "door", account, secret(account))
        self.auth_token = AuthToken(self.user.validate, world.utcnow, **options)

    def knock(self, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.world.run(until=self.world.process(self._process(named)))

    def _process(self, headers):
        try:
            return 200, (yield from self.auth_token.process(headers))
        except HttpError as refusal:
            return refusal.code, {}

    def asked(self):
        """How often Keystone was asked about a token."""
        return len(self.world.trace.where(kind="rest", src="door", what="GET /v3/auth/tokens"))
