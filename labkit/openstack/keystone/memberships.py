"""Who is in which group."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS membership (user_id TEXT NOT NULL, group_id TEXT NOT NULL, PRIMARY KEY (user_id, group_id));
CREATE INDEX IF NOT EXISTS membership_group ON membership (group_id);"""


def groups_of(db, user_id):
    """The ids of the groups that a user is in."""
    return [
        row["group_id"]
        for row in db.all("SELECT group_id FROM membership WHERE user_id = ? ORDER BY rowid", (user_id,))
    ]


def members_of(db, group_id):
    """The ids of the users in a group."""
    return [
        row["user_id"]
        for row in db.all("SELECT user_id FROM membership WHERE group_id = ? ORDER BY rowid", (group_id,))
    ]


def join(db, user_id, group_id):
    """Put a user into a group; again is no error."""
    db.run("INSERT OR IGNORE INTO membership (user_id, group_id) VALUES (?, ?)", (user_id, group_id))


def leave(db, user_id, group_id):
    """Take a user out of a group."""
    db.run("DELETE FROM membership WHERE user_id = ? AND group_id = ?", (user_id, group_id))


def forget_user(db, user_id):
    """A deleted user is in no group."""
    db.run("DELETE FROM membership WHERE user_id = ?", (user_id,))


def forget_group(db, group_id):
    """A deleted group has no members."""
    db.run("DELETE FROM membership WHERE group_id = ?", (group_id,))
