"""Logging in: a session key for a user and a password. It is kept in memory, so it ends with the process.

hostd and vpxd have one such table each: a session of vCenter is worth nothing at a host, and a user of vCenter's
directory (administrator@vsphere.local) is not one of the host's (root). What the real one does differently: vCenter
asks its single sign-on (SAML tokens); sessions end after 30 min of silence (documented default; ours do not).
"""

from labkit.vsphere.arguments import text
from labkit.vsphere.faults import fault

PASSWORD = "VMware1!"  # of the lab: everybody has it


class Sessions:
    """owner      the process whose table it is, for the words of a refusal
    accounts   user → password"""

    def __init__(self, owner, accounts):
        self.owner, self.accounts, self.users, self.count = owner, dict(accounts), {}, 0

    def login(self, user, password):
        """A session's key. LabError (401, InvalidLogin)."""
        if self.accounts.get(text(user, "user")) != password:
            raise fault("InvalidLogin", f"{self.owner} does not know {user!r} with this password",
                        "a host has accounts of its own (root), vCenter those of its directory")  # fmt: skip
        self.count += 1
        key = f"{self.owner}-session-{self.count}"
        self.users[key] = user
        return key

    def user(self, key):
        """Whose session it is. LabError (401, NotAuthenticated)."""
        if not isinstance(key, str) or key not in self.users:
            raise fault("NotAuthenticated", f"{self.owner} has no session {key!r}", "log in (again)")
        return self.users[key]

    def logout(self, key):
        """The session ends; no error if it had ended."""
        self.users.pop(key, None)

    def forget(self):
        """The process has ended, and with it every session."""
        self.users.clear()
