"""`labkit serve vsphere`: the emulated vCenter on 127.0.0.1, for clients of the vSphere REST API.

$ labkit serve vsphere --port 8443 --hosts 3
$ curl -X POST -u 'administrator@vsphere.local:VMware1!' http://127.0.0.1:8443/api/session

Plain HTTP on loopback only, so no certificate is needed. The inventory is in memory: it ends with the command.
"""

import argparse
import signal
import time

from labkit.vsphere.limits import maxima
from labkit.vsphere.sessions import PASSWORD
from labkit.world.loopback import HOST, end, listening, port, positive, refuse

TRACE_ROWS = 200_000  # a served world runs for days: then its trace begins anew
HELLO = """vCenter with {hosts} hosts, administrator@vsphere.local / {password}

curl -s -X POST -u 'administrator@vsphere.local:{password}' {url}/api/session
curl -s -H 'vmware-api-session-id: <the token>' {url}/api/vcenter/host

labkit serve: vCenter answers at {url}/api (in memory only). Ctrl-C ends it."""


def hosts(text):
    """How many hosts: as many as one vCenter carries."""
    number, most = int(text), maxima().hosts
    if not 1 <= number <= most:
        raise argparse.ArgumentTypeError(f"one vCenter has 1 to {most} hosts, not {number}")
    return number


def arguments(args):
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="labkit serve vsphere", description="Serve the emulated vCenter to real clients on 127.0.0.1."
    )
    parser.add_argument("--port", type=port, default=8443, help="TCP port on 127.0.0.1 (default 8443; 0: any free one)")
    parser.add_argument("--hosts", type=hosts, default=3, metavar="N", help="ESXi hosts, 64 in a cluster (default 3)")
    parser.add_argument("--speed", type=positive, default=1.0, metavar="X", help="the world's clock, X times as fast")
    parser.add_argument("--seed", default="0", metavar="S", help="seed of the world (default 0)")
    return parser.parse_args(args)


def main(args):
    """Serve until Ctrl-C or SIGTERM. Returns 0; 1 when the port is taken, and says so."""
    asked = arguments(args)
    signal.signal(signal.SIGTERM, end)
    try:
        listener = listening(asked.port)
    except OSError as problem:
        return refuse(f"port {asked.port} on {HOST} cannot be used ({problem.strerror})", "try --port 8444")
    try:
        return serve(asked, listener)
    except (KeyboardInterrupt, SystemExit):
        return 0


def serve(asked, listener):
    """Build the vCenter, say how to reach it, and answer until told to end."""
    import waitress

    application = Served(asked.hosts, asked.speed, asked.seed)
    url = f"http://{HOST}:{listener.getsockname()[1]}"
    server = waitress.create_server(application, sockets=[listener], threads=1, ident="labkit")
    print(HELLO.format(hosts=asked.hosts, password=PASSWORD, url=url), flush=True)
    server.run()
    print("labkit serve: ended.", flush=True)
    return 0


class Served:
    """A vCenter of so many hosts whose clock follows the wall's, `speed` times as fast: a WSGI application."""

    def __init__(self, hosts=3, speed=1.0, seed="0"):
        from labkit.vsphere import VCenter
        from labkit.world import World

        self.world, self.speed, self.began_s = World(seed=seed, journal=False), speed, time.monotonic()
        sizes = [min(64, hosts - first) for first in range(0, hosts, 64)]
        clusters = {f"cluster{number}": size for number, size in enumerate(sizes, start=1)}
        self.vcenter = VCenter(self.world, clusters=clusters, lean=True)

    def __call__(self, environ, start_response):
        """First the clock, then vpxd."""
        self.world.advance_to((time.monotonic() - self.began_s) * self.speed)
        if len(self.world.rows) > TRACE_ROWS:
            self.world.rows.clear()
        return self.vcenter.rest.wsgi(environ, start_response)
