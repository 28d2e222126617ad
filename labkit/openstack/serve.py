"""`labkit serve openstack`: the emulated cloud on 127.0.0.1, for the real clients.

$ labkit serve openstack --port 5000 --state cloud.db
… openrc and clouds.yaml on the screen …            $ openstack --os-cloud labkit token issue
Ctrl-C ends it; what was acknowledged is in cloud.db
"""

import argparse
import signal
import sqlite3
import sys
import time

from labkit.world.loopback import HOST, end, listening, port, positive, refuse

OPENRC = """# openrc: copy these lines into a shell, or `source` them from a file
export OS_AUTH_URL={url}/v3
export OS_USERNAME=admin
export OS_PASSWORD='{in_shell}'
export OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_NAME=Default
export OS_PROJECT_DOMAIN_NAME=Default
export OS_REGION_NAME=RegionOne
export OS_IDENTITY_API_VERSION=3
"""

CLOUDS = """# clouds.yaml: save it in this folder, then `openstack --os-cloud labkit …`
# or, in Python, openstack.connect(cloud="labkit")
clouds:
  labkit:
    auth:
      auth_url: {url}/v3
      username: admin
      password: '{in_yaml}'
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
    region_name: RegionOne
    identity_api_version: 3
"""

UNKNOWN_PASSWORD = "<the admin password of this state>"


def arguments(args):
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(
        prog="labkit serve openstack", description="Serve the emulated cloud to real clients on 127.0.0.1."
    )
    parser.add_argument("--port", type=port, default=5000, help="TCP port on 127.0.0.1 (default 5000; 0: any free one)")
    parser.add_argument(
        "--admin-password", metavar="PW", help="password of the user admin (default: a random one for a new state)"
    )
    parser.add_argument(
        "--state",
        metavar="FILE",
        help="keep everything in this SQLite file, keys in FILE.keys and FILE.credential-keys (default: memory)",
    )
    parser.add_argument(
        "--speed", type=positive, default=1.0, metavar="X", help="the world's clock runs X times as fast (default 1)"
    )
    parser.add_argument(
        "--seed",
        metavar="S",
        help="make the same ids and tokens each time: for demonstrations only, they can be guessed",
    )
    parser.add_argument(
        "--password-rounds",
        type=int,
        default=4,
        choices=range(4, 17),
        metavar="4…16",
        help="bcrypt's cost (default 4: fast; real Keystone takes 12)",
    )
    return parser.parse_args(args)


def main(args):
    """Serve until Ctrl-C or SIGTERM. Returns 0; 1 when the port is taken or the state cannot be used, and says so."""
    asked = arguments(args)
    signal.signal(signal.SIGTERM, end)
    try:
        listener = listening(asked.port)
    except OSError as problem:
        return refuse(
            f"port {asked.port} on {HOST} cannot be used ({problem.strerror})",
            "is another server running? Try --port 5001",
        )
    try:
        return serve(asked, listener)
    except (OSError, sqlite3.Error) as problem:
        if asked.state is None:
            raise
        return refuse(
            f"the state {asked.state} cannot be used ({problem})", "give the file of an earlier run, or a new name"
        )
    except (KeyboardInterrupt, SystemExit):
        return 0


def serve(asked, listener):
    """Build the cloud, say how to reach it, and answer until told to end."""
    import waitress

    from labkit.openstack.server import Server

    began_s = time.monotonic()
    number = listener.getsockname()[1]
    cloud = Server(number, asked.admin_password, asked.state, asked.speed, asked.seed, asked.password_rounds)
    try:
        server = waitress.create_server(cloud.application, sockets=[listener], threads=1, ident="labkit")
        announce(cloud, asked, time.monotonic() - began_s)
        server.run()
    finally:
        cloud.close()
    print("labkit serve: ended.", flush=True)
    return 0


def announce(cloud, asked, took_s):
    """openrc, clouds.yaml and what to know."""
    password = cloud.admin_password or UNKNOWN_PASSWORD
    words = {"url": cloud.url, "in_shell": password.replace("'", "'\\''"), "in_yaml": password.replace("'", "''")}
    print(OPENRC.format(**words), CLOUDS.format(**words), sep="\n")
    kept = f"kept in {asked.state}" if asked.state else "in memory only: --state FILE keeps it"
    print(
        f"labkit serve: Keystone answers at {cloud.url}/v3 (ready in {took_s:.2f} s; state {kept}). Ctrl-C ends it.",
        flush=True,
    )
    if asked.seed is not None:
        print(
            "labkit serve: --seed makes tokens and keys guessable; do not keep secrets here.",
            file=sys.stderr,
            flush=True,
        )
