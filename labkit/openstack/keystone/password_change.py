"""A user's own way to a new password: whoever knows the old one needs no token, and every token of that user dies."""

from labkit.openstack.errors import BadRequest, Unauthorized
from labkit.openstack.keystone import passwords, revocation, users
from labkit.openstack.keystone.schema import Schema
from labkit.openstack.keystone.web import NoContent, as_json, route

CHANGE = Schema(
    {
        "type": "object",
        "properties": {"original_password": {"type": "string"}, "password": {"type": "string"}},
        "required": ["original_password", "password"],
        "additionalProperties": False,
    }
)


@route("POST", "/v3/users/<user_id>/password", atomic=False)
def change_password(ks, request, user_id):
    """POST /v3/users/{id}/password: whoever knows the old one may set a new one; no token is needed, and all tokens
    of the user die."""
    wish = request.json.get("user", {})
    CHANGE.check_verbose(wish)
    user = users.find(ks.db, user_id)
    if user is None:
        raise Unauthorized(f"no user {user_id}")
    passwords.verify(ks, user, wish["original_password"], expired_is_fine=True)
    if user["options"].get("lock_password"):
        raise BadRequest(
            "Password validation error: You cannot change your password at this time due to password policy"
            " disallowing "
            "password changes. Please contact your administrator to reset your password."
        )
    never_again(ks, user_id, wish["password"])
    with ks.db.transaction():
        passwords.store(ks, user_id, wish["password"], self_service=True)
        revocation.by_user(ks, user_id)
    return NoContent()


def never_again(ks, user_id, password):
    """Refuse one of the last `unique_last_passwords` passwords."""
    rows = ks.db.all(
        "SELECT hash FROM password WHERE user_id = ? ORDER BY id DESC LIMIT ?", (user_id, ks.unique_last_passwords)
    )
    if any(passwords.matches(password, row["hash"]) for row in rows):
        raise BadRequest(
            "The new password cannot be identical to a previous password. The total number which includes the new"
            " password "
            f"must be unique is {ks.unique_last_passwords}."
        )


@route("GET", "/v3/users/<user_id>/password")
def show_password(ks, request, user_id):
    """There is nothing to see, and the answer says what to do instead."""
    return as_json({"message": "The method is not allowed for the requested URL."}, 405, [("Allow", "POST")])
