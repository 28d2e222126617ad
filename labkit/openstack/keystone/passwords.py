"""Passwords: kept as bcrypt hashes, never as text, and guarded by a lock after too many wrong ones.

bcrypt is slow on purpose (2 ** rounds steps): a stolen table costs years to guess. It reads 72 bytes and no more, so
a longer password is cut there, as real Keystone does. Lockout is off by default, as in the real one.
"""

from base64 import b64encode

from labkit.openstack.errors import Unauthorized
from labkit.openstack.keystone import tokens

SCHEMA = """
CREATE TABLE IF NOT EXISTS password (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL, hash TEXT NOT NULL, self_service INTEGER NOT NULL,
    created_at REAL NOT NULL, expires_at REAL);
CREATE INDEX IF NOT EXISTS password_user ON password (user_id, id);
CREATE TABLE IF NOT EXISTS failed_login (user_id TEXT PRIMARY KEY, count INTEGER NOT NULL, last_at REAL NOT NULL);
"""
LONGEST_BYTES = 72
BCRYPT_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                              "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def hashed(ks, password):
    """A bcrypt hash ($2b$rounds$salt+hash); the salt comes from the world's randomness."""
    import bcrypt
    salt = b64encode(ks.draw.getrandbits(128).to_bytes(16, "big")).decode().translate(BCRYPT_DIGITS)[:22]
    return bcrypt.hashpw(cut(password), f"$2b${ks.password_rounds:02d}${salt}".encode()).decode()


def matches(password, known):
    """Is this the password of that hash? A missing one never is."""
    import bcrypt
    return password is not None and known is not None and bcrypt.checkpw(cut(password), known.encode())


def cut(password):
    return password.encode()[:LONGEST_BYTES]


def current(db, user_id):
    """The newest password's row, or None for a user who cannot log in by password."""
    return db.one("SELECT * FROM password WHERE user_id = ? ORDER BY id DESC LIMIT 1", (user_id,))


def current_hash(db, user_id):
    row = current(db, user_id)
    return row and row["hash"]


def expires_at(db, user_id):
    """When the password ends, as the API shows it, or None."""
    row = current(db, user_id)
    return tokens.time_text(row["expires_at"])[:-1] if row and row["expires_at"] else None


def store(ks, user_id, password, self_service=False):
    """Set a password (None: no password at all). Old hashes stay as long as they must not be used again. Does not
    revoke tokens."""
    if password is None:
        ks.db.run("DELETE FROM password WHERE user_id = ?", (user_id,))
        return
    ends = ks.now_s() + ks.password_expires_s if ks.password_expires_s else None
    ks.db.run("INSERT INTO password (user_id, hash, self_service, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
              (user_id, hashed(ks, password), self_service, ks.now_s(), ends))
    ks.db.run(
        "DELETE FROM password WHERE user_id = ? AND id NOT IN (SELECT id FROM password WHERE user_id = ? ORDER BY id"
        " DESC LIMIT ?)",
        (user_id, user_id, max(1, ks.unique_last_passwords)),
    )


def forget(db, user_id):
    """Everything about a deleted user's password."""
    db.run("DELETE FROM password WHERE user_id = ?", (user_id,))
    db.run("DELETE FROM failed_login WHERE user_id = ?", (user_id,))


def verify(ks, user, password, expired_is_fine=False):
    """Let this user in by password. Raises Unauthorized.

    A locked account stays shut even for the right password, and the order matters: lock, password, disabled, expired.
    """
    if locked(ks, user):
        raise Unauthorized("locked", message=f"The account is locked for user: {user['id']}.")
    row = current(ks.db, user["id"])
    if not matches(password, row and row["hash"]):
        count_failure(ks, user["id"])
        raise Unauthorized(f"wrong password for {user['id']}")
    if not user["enabled"]:
        raise Unauthorized("disabled", message=f"The account is disabled for user: {user['id']}.")
    if expired(ks, user, row) and not expired_is_fine:
        raise Unauthorized(
            "expired", message=f"The password is expired and needs to be changed for user: {user['id']}."
        )
    if failures(ks.db, user["id"]):
        ks.db.run("DELETE FROM failed_login WHERE user_id = ?", (user["id"],))


def expired(ks, user, row):
    """Has this password's time come? Some users (services) may be exempt."""
    return (
        bool(row["expires_at"])
        and row["expires_at"] <= ks.now_s()
        and not user["options"].get("ignore_password_expiry")
    )


def failures(db, user_id):
    return db.one("SELECT * FROM failed_login WHERE user_id = ?", (user_id,))


def count_failure(ks, user_id):
    ks.db.run(
        "INSERT INTO failed_login VALUES (?, 1, ?) ON CONFLICT (user_id) DO UPDATE SET count = count + 1, last_at ="
        " excluded.last_at",
        (user_id, ks.now_s()),
    )


def locked(ks, user):
    """Is the account locked after too many failures? With a lockout time, the lock opens by itself."""
    limit = ks.lockout_failure_attempts
    row = failures(ks.db, user["id"]) if limit and not user["options"].get("ignore_lockout_failure_attempts") else None
    if not row or row["count"] < limit:
        return False
    if ks.lockout_duration_s and row["last_at"] + ks.lockout_duration_s <= ks.now_s():
        ks.db.run("DELETE FROM failed_login WHERE user_id = ?", (user["id"],))
        return False
    return True
