"""Times in requests and answers: ISO 8601 in UTC, kept as text that sorts like time."""

from datetime import UTC, datetime

from labkit.openstack.errors import MALFORMED, BadRequest


def future(ks, text):
    """A time that a client gives for the end of something, as 2026-03-02T08:00:00.000000. Raises BadRequest if
    unreadable or past."""
    try:
        moment = datetime.fromisoformat(text if text.endswith("Z") else text + "Z")
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise BadRequest(f"Timestamp not in expected format. {MALFORMED}") from None
    if moment < ks.utcnow():
        raise BadRequest(f"The 'expires_at' must not be before now. {MALFORMED}")
    return stored(moment)


def stored(moment):
    """A naive UTC datetime as text."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")


def whole_seconds(text):
    """As trusts show it: without the fraction's value, with its digits, and Z."""
    return None if text is None else text[:19] + ".000000Z"
