"""What a cloud without Keystone would be: six services, six lists of accounts, and a password that travels to each of
them.

    anna ──password──▶ mail, files, wiki, shop, git, backup          each keeps its own account of her
    HR ──'anna leaves'──▶ six administrators ──▶ six services        one is on holiday, one letter comes late

The services hash what they store, and nobody makes a mistake on purpose. What goes wrong is only that six must do what
one could.
"""

from hashlib import pbkdf2_hmac

from labkit.world.errors import unknown
from labkit.world.journal import action

SERVICES = ("mail", "files", "wiki", "shop", "git", "backup")
LATE_S = 21 * 86400.0


class PasswordStores:
    """Six services on nodes of their own, each with an administrator on another. The seed decides who is on holiday and
    whose letter is late."""

    @action
    def __init__(self, world, name="password stores"):
        self.world, self.name = world, name
        self.accounts = {service: {} for service in SERVICES}
        self.seen = dict.fromkeys(SERVICES, 0)
        for service in SERVICES:
            world.node(service, serve=self.server(service))
            world.node(f"admin of {service}", serve=self.administrator(service))
        for outside in ("laptop", "HR"):
            world.node(outside)
        luck = world.random(name)
        holiday = int(luck.random() * 6)
        late = (holiday + 1 + int(luck.random() * 5)) % 6
        self.on_holiday, self.late = SERVICES[holiday], SERVICES[late]

    def server(self, service):
        """The process of one service: makes accounts, checks passwords, removes accounts."""

        def serve(message):
            asked = message.detail
            if "password" in asked:
                self.seen[service] += 1
            if message.what == "create account":
                self.accounts[service][asked["user"]] = hashed(service, asked["password"])
            elif message.what == "delete account":
                self.accounts[service].pop(asked["user"], None)
            elif self.accounts[service].get(asked["user"]) != hashed(service, asked["password"]):
                return {"status": 401}
            return {"status": 200}

        return serve

    def administrator(self, service):
        """A person who does what a letter says, when it comes."""

        def serve(message):
            self.world.cast(
                message.dst,
                service,
                "rest",
                "delete account",
                method="DELETE",
                path="/accounts",
                user=message.detail["user"],
            )

        return serve

    @action
    def hire(self, user, password):
        """Six accounts with one password: it travels six times."""
        for service in SERVICES:
            self._ask(service, "create account", user, password)

    @action
    def log_in(self, service, user, password):
        """The status that the service answers: 200 or 401. Raises LabError for a service that does not exist."""
        if service not in SERVICES:
            raise unknown("service", service, SERVICES)
        return self._ask(service, "log in", user, password)["status"]

    @action
    def leave(self, user):
        """HR writes to the six administrators that `user` has left the company today."""
        self.world.stop(f"admin of {self.on_holiday}")
        self.world.slow("HR", f"admin of {self.late}", LATE_S)
        for service in SERVICES:
            self.world.cast("HR", f"admin of {service}", "letter", "please delete the account", user=user)

    @action
    def still_open(self, user, password):
        """The services that still let the user in, found out by trying each."""
        return [service for service in SERVICES if self.log_in(service, user, password) == 200]

    def places(self):
        """The services that have had a password in clear in their memory."""
        return [service for service in SERVICES if self.seen[service]]

    def _ask(self, service, what, user, password):
        return self.world.ask(
            "laptop", service, "rest", what, method="POST", path="/accounts", user=user, password=password
        )


def hashed(service, password):
    """What a service stores: salted with its name (a lab's salt), never the password."""
    return pbkdf2_hmac("sha256", password.encode(), service.encode(), 1000).hex()
