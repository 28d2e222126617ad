"""What an OpenStack service says when it refuses: one tree of errors, each with its HTTP code and the real service's
words.

        HttpError ── BadRequest 400 ── SchemaError, Expecting
                  ├─ Unauthorized 401      who are you?   (the policy was never asked)
                  ├─ Forbidden 403         I know you, and you may not
                  ├─ NotFound 404
                  ├─ Conflict 409
                  └─ TooLarge 413

Handlers raise these anywhere; the WSGI application turns them into the body that a real client expects. Sentences and
codes as recorded from Keystone 2026.1.
"""

from labkit.world.errors import LabError

MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)


class HttpError(LabError):
    """An answer that is not a success. `definite` is True: a refused request has certainly had no effect."""

    code = 500
    title = "Internal Server Error"

    def __init__(self, message, next_step=None, **extra):
        super().__init__(message, code=self.code, definite=True, next_step=next_step)
        self.extra = extra

    def body(self):
        """The JSON document of the answer: {"error": {"code", "message", "title"}}."""
        return {"error": {"code": self.code, "message": self.message, "title": self.title, **self.extra}}


class BadRequest(HttpError):
    """400: the request is malformed; repeating it unchanged cannot help."""

    code, title = 400, "Bad Request"


class Expecting(BadRequest):
    """400: something that must be there is missing, e.g. Expecting("domain", "project")."""

    def __init__(self, attribute, target):
        super().__init__(f"Expecting to find {attribute} in {target}. {MALFORMED}")


class SchemaError(BadRequest):
    """400: a field has a value that its schema forbids."""

    def __init__(self, field, value, why):
        super().__init__(f"Invalid input for field/attribute {field}. Value: {value}. {why}")


class Unauthorized(HttpError):
    """401: no valid identity. The answer is always the same; `reason` is for the operator's trace, never for the
    client."""

    code, title = 401, "Unauthorized"

    def __init__(self, reason="", message="The request you have made requires authentication.", **extra):
        super().__init__(message, "log in again (not 403: the policy was never asked)", **extra)
        self.reason = reason


class Forbidden(HttpError):
    """403: a valid identity that may not do this. Give the policy rule, or a text of your own."""

    code, title = 403, "Forbidden"

    def __init__(self, rule=None, text=None):
        base = "You are not authorized to perform the requested action"
        super().__init__(
            text or (f"{base}: {rule}." if rule else f"{base}."),
            "ask for a role on this scope (a new token alone does not help)",
        )
        self.rule = rule


class NotFound(HttpError):
    """404: NotFound("user", id) for a thing without an entry, NotFound(text=…) for a sentence of your own."""

    code, title = 404, "Not Found"

    def __init__(self, kind=None, key=None, text=None):
        super().__init__(text or f"Could not find {kind}: {key}.")


class Conflict(HttpError):
    """409: the store has such a thing already, or something else depends on it."""

    code, title = 409, "Conflict"

    def __init__(self, kind=None, details=None, text=None):
        super().__init__(text or f"Conflict occurred attempting to store {kind} - {details}.")


class TooLarge(HttpError):
    """413: the body is longer than the service reads."""

    code, title = 413, "Request Entity Too Large"

    def __init__(self):
        super().__init__("Request is too large.")
