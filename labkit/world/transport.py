"""The wire between a real HTTP client and the world: an adapter for `requests`, no port, no thread.

    session = requests.Session(); mount(session, world)
    session.get("http://keystone:5000/v3")            # travels laptop → keystone, and can be cut, slowed, refused

Time passes in the world only while a request travels, and a client's timeout is one of virtual seconds.
"""

from io import BytesIO
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from labkit.world.errors import LabError, Unanswered

PATIENCE_S = 60.0  # of a client that names no timeout


class Transport(HTTPAdapter):
    """Sends each request as a message of kind "rest" from the node `client`.

    hosts: {address prefix: node}; None: http://NAME:PORT/… goes to the node NAME. Raises requests' ConnectTimeout
    when no answer comes in time, and its ConnectionError when the connection is refused or closed: what a real
    client would see of it.
    """

    def __init__(self, world, hosts=None, client="laptop"):
        super().__init__()
        self.world, self.hosts, self.client = world, dict(hosts or {}), client
        if client not in world.nodes:
            world.node(client)

    def node(self, url):
        """The node behind an address. Raises LabError for an address that leads nowhere."""
        if self.hosts:
            fitting = [prefix for prefix in self.hosts if url.startswith(prefix)]
            if fitting:
                return self.hosts[max(fitting, key=len)]
        name = urlsplit(url).hostname
        if name not in self.world.nodes:
            raise LabError(
                f"nobody in this world has the address {url}",
                next_step=f"there are the nodes {', '.join(self.world.nodes)}",
            )
        return name

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        """One request there and back. Called by requests."""
        began_s, patience_s = self.world.now, seconds(timeout)
        detail = {
            "method": request.method,
            "path": request.path_url,
            "headers": dict(request.headers),
            "body": text(request.body),
        }
        what = f"{request.method} {request.path_url.partition('?')[0]}"
        try:
            reply = self.world.ask(self.client, self.node(request.url), "rest", what, patience_s, **detail)
        except Unanswered as silence:
            waited_out = self.world.now - began_s >= patience_s
            kind = requests.ConnectTimeout if waited_out else requests.ConnectionError
            raise kind(str(silence), request=request) from silence
        return self.build_response(request, as_http(reply))


def seconds(timeout):
    """What requests calls a timeout (None, a number, or a pair) in virtual seconds."""
    if isinstance(timeout, tuple):
        timeout = max((part for part in timeout if part), default=None)
    return float(timeout) if timeout else PATIENCE_S


def text(body):
    """A request's body as text: what travels in the world is JSON."""
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else body or ""


def as_http(reply):
    """A reply of kind "rest" as urllib3 would hand it up."""
    headers = reply["headers"]
    pairs = headers.items() if isinstance(headers, dict) else headers
    body = (reply.get("body") or "").encode()
    return HTTPResponse(
        BytesIO(body),
        headers=[(name, str(value)) for name, value in pairs],
        status=reply["status"],
        preload_content=False,
    )


def mount(session, world, hosts=None, client="laptop"):
    """Let a requests.Session reach the world's nodes, and nothing else. Returns the session."""
    transport = Transport(world, hosts, client)
    for scheme in ("http://", "https://"):
        session.mount(scheme, transport)
    return session
