"""A cloud that real clients reach over loopback: the world's clock follows the wall's, waitress speaks HTTP.

    client ──TCP 127.0.0.1──▶ waitress (one thread) ──▶ clock: world.advance_to(now) ──▶ Keystone.wsgi

waitress, because it is pure Python, well kept and switches Nagle's algorithm off: a loopback answer takes 0.3 ms
instead of 45 ms. Luck comes from the operating system unless a seed is given: here the tokens are worth something.
"""

import random
import time
from datetime import UTC, datetime
from pathlib import Path

from labkit.openstack.keystone import KeyRepository, Keystone
from labkit.openstack.keystone.database import Database
from labkit.openstack.keystone.endpoints import ENDPOINTS
from labkit.openstack.keystone.services import SERVICES
from labkit.world import World

TRACE_ROWS = 20_000  # a served world runs for days: then its trace begins anew
CLOCK = "CREATE TABLE IF NOT EXISTS served_until (id INTEGER PRIMARY KEY CHECK (id = 1), at TEXT);"


class ServedWorld(World):
    """A world whose luck nobody can guess: the operating system's."""

    def random(self, name):
        return random.SystemRandom()


class Server:
    """Keystone, its world and its state, behind one WSGI application.

    port: TCP port on 127.0.0.1. admin_password: None makes one for a new state. state: a file's path, or None for
    memory. speed: world's seconds per real second. seed: None for unguessable luck; a seed makes the same tokens
    each time. password_rounds: bcrypt's cost. Raises OSError when the state cannot be opened, sqlite3.DatabaseError
    when it is no state.
    """

    def __init__(self, port, admin_password=None, state=None, speed=1.0, seed=None, password_rounds=4):
        self.speed, self.began_s = speed, time.monotonic()
        self.database, self.is_new = opened(state)
        self.database.create(CLOCK)
        start = max(datetime.now(UTC), self.left_off())
        kind = ServedWorld if seed is None else World
        self.world = kind(seed=0 if seed is None else seed, start=start.isoformat(), journal=False)
        keys = KeyRepository(self.world, folder=f"{state}.keys" if state else None)
        credential_keys = KeyRepository(
            self.world, "credential-keys", folder=f"{state}.credential-keys" if state else None
        )
        self.url = f"http://127.0.0.1:{port}"
        self.keystone = Keystone(
            self.world,
            database=self.database,
            keys=keys,
            credential_keys=credential_keys,
            admin_password=admin_password,
            url=self.url,
            password_rounds=password_rounds,
        )
        self.admin_password = self.keystone.admin_password
        move_identity(self.database, f"{self.url}/v3")

    def left_off(self):
        """The world's time at the last answer, if the clock ran faster than the wall's: time never runs backwards."""
        row = self.database.one("SELECT at FROM served_until")
        return datetime.fromisoformat(row["at"]) if row else datetime.min.replace(tzinfo=UTC)

    def application(self, environ, start_response):
        """The WSGI application: first the clock, then Keystone."""
        self.world.advance_to((time.monotonic() - self.began_s) * self.speed)
        if self.speed != 1.0:
            self.database.run("INSERT OR REPLACE INTO served_until VALUES (1, ?)", (self.world.utcnow().isoformat(),))
        if len(self.world.rows) > TRACE_ROWS:
            self.world.rows.clear()
        return self.keystone.wsgi(environ, start_response)

    def close(self):
        """Write everything to the state's own file."""
        self.database.close()


def opened(state):
    """(Database, is it new?) A state file belongs to its owner alone: it holds password hashes."""
    if state is None:
        return Database(), True
    path = Path(state)
    is_new = not path.exists()
    path.touch(mode=0o600)
    path.chmod(0o600)
    return Database(path), is_new


def move_identity(database, url):
    """The catalog's own entry follows the port, as `keystone-manage bootstrap` would set it; foreign addresses stay."""
    for service in SERVICES.select(database, type="identity"):
        for endpoint in ENDPOINTS.select(database, service_id=service["id"]):
            if endpoint["url"].startswith("http://127.0.0.1:") and endpoint["url"] != url:
                ENDPOINTS.update(database, endpoint["id"], {"url": url})
