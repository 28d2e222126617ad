"""What still works when Keystone stops, and for how long: played in the emulator, never looked up.

    minute −2        0            1               5                6              70
    log in, use   Keystone     cached verdicts   the last one    every API 503   the token has run out, too;
                  stops        still count       is too old                     who is in front of the VMs does not
                  notice

Each operation is one real try by a person, a script or a visitor. It `worked` or it did not, and `said` what the user
saw.
"""

from contextlib import suppress
from typing import NamedTuple

from labkit.world import World
from labkit.world.errors import LabError, Unanswered

BOOT_PATIENCE_S = 400.0


class Outcome(NamedTuple):
    """One try."""

    minute: float
    operation: str
    worked: bool
    said: str


def web_shop(cloud, session):
    """(1) A visitor opens a page of the web shop that runs on a VM."""
    return [cloud.visit("shop").status]


def list_servers(cloud, session):
    """(2) A script lists the servers with the token it has."""
    return [session.get("compute", "/servers").status]


def log_in(cloud, session):
    """(3) Somebody logs in."""
    cloud.login("ben")
    return [201]


def boot_server(cloud, session):
    """(4) A server is booted; waits until it is ACTIVE or has failed."""
    said = cloud.boot(session, f"new-{cloud.world.now:.0f}")
    if said.status != 202:
        return [said.status]
    until = cloud.world.now + BOOT_PATIENCE_S
    while cloud.status(said.body["server"]["id"]) == "BUILD" and cloud.world.now < until:
        cloud.world.run(until=cloud.world.now + 1)
    return [202, cloud.status(said.body["server"]["id"])]


def dashboard(cloud, session):
    """(5) Somebody opens the dashboard and signs in."""
    return [cloud.dashboard("ben").status]


OPERATIONS = {
    "web shop": web_shop,
    "list servers": list_servers,
    "log in": log_in,
    "dashboard": dashboard,
    "boot": boot_server,
}


def attempt(cloud, operation, session=None):
    """Try one of OPERATIONS now; returns (worked, what the user saw)."""
    try:
        seen = OPERATIONS[operation](cloud, session)
    except LabError as error:
        return False, error.message
    worked = seen[-1] == "ACTIVE" or len(seen) == 1 and seen[0] < 300
    return worked, ", then ".join(map(str, seen))


def timeline(cloud, minutes=(1, 6, 70), token_age_min=2):
    """Stop Keystone in a copy of the cloud's world and try everything at each minute after; the given world stays as it
    is.

    Two sessions are `token_age_min` minutes old when Keystone stops: a script that has listed the servers every minute,
    and one of somebody who has looked at the list and now, for the first time, boots a server. Returns a Timeline.
    """
    copy = cloud.world.fork().component(cloud.name)
    return Timeline(outage(copy, minutes, token_age_min))


def outage(cloud, minutes, token_age_min):
    """The tries of `timeline`, in this very world."""
    world = cloud.world
    if "vm-shop" not in world.nodes:
        cloud.boot(cloud.login("anna"), "shop")
        world.run(until=world.now + 60)
    script, person = cloud.login("anna"), cloud.login("anna")
    for session in (script, person):
        list_servers(cloud, session)
    began, stopped = world.now, world.now + 60 * token_age_min
    world.process(every_minute, script)
    world.run(until=max(began, stopped))
    for keystone in cloud.keystones:
        world.stop(keystone.name)
    for minute in minutes:
        world.run(until=max(world.now, stopped + 60 * minute))
        for operation in OPERATIONS:
            session = script if operation == "list servers" else person
            yield Outcome(minute, operation, *attempt(cloud, operation, session))


def every_minute(world, session):
    """Generator: the script. It does not care what it is told."""
    while True:
        with suppress(Unanswered):  # next minute, next try
            yield session.sending("GET", "compute", "/servers")
        yield world.timeout(60)


class Timeline(tuple):
    """The outcomes, as a table: rows are operations, columns minutes after the stop."""

    @property
    def minutes(self):
        return sorted({outcome.minute for outcome in self})

    def at(self, minute, operation):
        """The Outcome of one try."""
        return next(outcome for outcome in self if (outcome.minute, outcome.operation) == (minute, operation))

    def worked(self, minute):
        """Operation → did it work?"""
        return {outcome.operation: outcome.worked for outcome in self if outcome.minute == minute}

    def __repr__(self):
        rows = [["", *(f"minute {minute:g}" for minute in self.minutes)]]
        for operation in OPERATIONS:
            cells = [self.at(minute, operation) for minute in self.minutes]
            rows.append([operation, *(f"{'works' if cell.worked else 'fails'} ({cell.said})" for cell in cells)])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def _repr_html_(self):
        from html import escape

        head = "".join(f"<th scope='col'>minute {minute:g}</th>" for minute in self.minutes)
        body = "".join(
            f"<tr><th scope='row'>{escape(operation)}</th>"
            + "".join(
                f"<td>{'✓' if cell.worked else '✗'} {escape(cell.said)}</td>"
                for cell in (self.at(m, operation) for m in self.minutes)
            )
            + "</tr>"
            for operation in OPERATIONS
        )
        head = f"<caption>Keystone stopped at minute 0</caption><thead><tr><td></td>{head}</tr></thead>"
        return f"<table>{head}<tbody>{body}</tbody></table>"


def blast_radius(token_age_min, minutes, seed=7):
    """What works `minutes` after Keystone's stop for tokens that are `token_age_min` old at that moment: {(operation,
    minute): Outcome}.

    A cloud of its own. Two tokens were used once, right after the login: one listed the servers (and is tried with
    'list servers' and 'boot'), one also booted a server (and is tried with 'boot again'). Played to the end, minute by
    minute.
    """
    from labkit.openstack.cloud import OpenStack

    world = World(seed=seed)
    cloud = OpenStack(world)
    listed, booted = cloud.login("anna"), cloud.login("anna")
    list_servers(cloud, listed)
    list_servers(cloud, booted)
    cloud.boot(booted, "shop")
    started = world.now
    world.run(until=started + 60 * token_age_min + 20)  # 20 s: the first boot must be done even if the token is 'new'
    world.stop("keystone")
    found = {}
    for minute in sorted(minutes):
        world.run(until=max(world.now, started + 60 * (token_age_min + minute)))
        tries = [
            ("web shop", None),
            ("list servers", listed),
            ("log in", None),
            ("dashboard", None),
            ("boot", listed),
            ("boot", booted),
        ]
        for operation, session in tries:
            name = "boot again" if session is booted else operation
            found[name, minute] = Outcome(minute, name, *attempt(cloud, operation, session))
    return found
