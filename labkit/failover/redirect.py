"""Where clients send their requests, and how they learn that it is somewhere else now.

    address   a virtual IP address: the new active tells the network 'it is at my MAC' (gratuitous ARP). One message,
              and everybody who hears it sends there
    dns       a name: the record is changed at once, and whoever has asked before goes on with the old answer until its
              TTL is over

Each kind is an object that is handed to Clients as `to`. What a client's own cache holds changes only by messages that
reach it. Nobody but the address knows who else uses it: whoever shouts last has it, also when the other one still runs.

What the real one does differently: keepalived sends several gratuitous ARPs and repeats them
(`garp_master_refresh`, off by default); routers and switches keep entries for minutes to hours when they miss them.
Resolvers may keep records longer than told, and many programs (Java's `networkaddress.cache.ttl`) have a cache of their
own.
"""

from labkit.vmm.host import whole
from labkit.world import Unanswered, action
from labkit.world.errors import number, words


class Address:
    """A virtual address, at first at the node `owner`. `caches`: what each group of clients believes."""

    @action
    def __init__(self, world, owner, name="address"):
        self.world, self.name, self.owner, self.caches = world, name, owner, {}

    def join(self, clients):
        """Clients of this network: they ask once who has the address, then they listen."""
        self.caches[clients.name] = self.owner

    def target(self, request):
        """Where a client sends a request now."""
        return self.caches[request.clients.name]

    def announce(self, node):
        """A node tells everybody in the network that it has the address (called by that node)."""
        self.owner = node
        for name in self.caches:
            self.world.cast(node, name, "arp", "gratuitous", address=self.name, at=node)

    def heard(self, message):
        """A client's machine hears the announcement."""
        if message.kind == "arp":
            self.caches[message.dst] = message.detail["at"]


class DnsName:
    """A name with a record at the server `dns`. The clients use so many `resolvers`; each cache asks again when its TTL
    is over, not before. Where the server cannot be reached, the old answer is used on (RFC 8767)."""

    @action
    def __init__(self, world, owner, name="service.example", ttl_s=60.0, resolvers=10, server="dns"):
        number(ttl_s, "ttl_s", least=0.001), words(name, "a name")
        resolvers = whole(number(resolvers, "resolvers", least=1, most=10_000), "resolvers")
        self.world, self.name, self.owner, self.server = world, name, owner, server
        self.ttl_s, self.resolvers, self.caches = ttl_s, resolvers, {}
        self.node = world.node(server, serve=self.serve)

    def serve(self, message):
        """The name server: 'A' asks for the record, 'UPDATE' changes it."""
        if message.what == "UPDATE":
            self.owner = message.detail["at"]
        return {"at": self.owner, "ttl_s": self.ttl_s}

    def join(self, clients):
        """Each cache has asked some time ago: their TTLs end evenly spread over the next ttl_s."""
        self.caches[clients.name] = [self.owner] * self.resolvers
        for at in range(self.resolvers):
            share = (at + self.world.random(f"{self.name} resolvers").random()) / self.resolvers
            clients.node.process(self._refresh(clients.name, at, share * self.ttl_s))

    def _refresh(self, clients, at, first_s):
        yield self.world.timeout(first_s)
        while True:
            try:
                answer = yield self.world.call(clients, self.server, "dns", f"A {self.name}", timeout_s=2)
            except Unanswered:
                yield self.world.timeout(5)
                continue
            self.caches[clients][at] = answer["at"]
            yield self.world.timeout(answer["ttl_s"])

    def target(self, request):
        """Where a client sends a request now: as its resolver says."""
        cache = self.caches[request.clients.name]
        return cache[request.n % len(cache)]

    def announce(self, node):
        """A node changes the record (called by that node)."""
        self.world.cast(node, self.server, "dns", "UPDATE", name=self.name, at=node)
