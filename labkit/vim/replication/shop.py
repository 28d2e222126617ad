"""A guest with something to lose: a cart in its memory, orders on its disk.

POST /orders    order k is written to the disk (a byte at place k), the cart in memory counts one more
GET /orders     what can be read from the disk, and the cart
DELETE /orders  somebody types the wrong line: all orders are overwritten
"""

MOST = 4096  # orders


def service(array):
    """`serve` of a guest whose disk (of the guest's name) lies behind the array of this name."""

    def serve(message, memory):
        world, me, what = message.world, message.dst, message.what
        memory.setdefault("cart", 0)
        if what == "POST /orders":
            order = message.detail["order"]
            yield world.call(me, array, "iscsi", "write", disk=me, offset=order, data="o")
            memory["cart"] += 1
        elif what == "DELETE /orders":
            yield world.call(me, array, "iscsi", "write", disk=me, offset=0, data="-" * MOST)
        else:
            reply = yield world.call(me, array, "iscsi", "read", disk=me, offset=0, length=MOST)
            return {"status": 200, "orders": [k for k, byte in enumerate(reply["data"]) if byte == "o"], **memory}
        return {"status": 200, **memory}

    return serve


class Customer:
    """Orders from `shop` every `every_s`, and asks again each second until it is confirmed (as TCP would)."""

    def __init__(self, world, shop, every_s=5.0, until_s=3600.0):
        self.world, self.shop, self.every_s, self.until_s = world, shop, every_s, until_s
        self.confirmed = []  # (at_s, order, cart)
        self.node = world.node(f"customer-of-{shop}")
        self.node.process(self._shop)

    def _shop(self):
        order = 0
        while self.world.now < self.until_s:
            sent_s = self.world.now
            try:
                reply = yield self.world.call(self.node.name, self.shop, "rest", "POST /orders", 1, order=order)
                self.confirmed.append((self.world.now, order, reply["cart"]))
                order += 1
                yield self.world.timeout(self.every_s)
            except Exception as error:
                if not hasattr(error, "definite"):
                    raise
                yield self.world.timeout(max(0.0, 1 - (self.world.now - sent_s)))

    def outage_s(self, since_s):
        """The longest time without a confirmation after `since_s`, less the usual pause; None: it never came back."""
        times = [max([at_s for at_s, *_ in self.confirmed if at_s <= since_s], default=0.0)]
        times += [at_s for at_s, *_ in self.confirmed if at_s > since_s]
        if len(times) < 2 or self.until_s - times[-1] > 60:
            return None
        return max(0.0, max(b - a for a, b in zip(times, times[1:], strict=False)) - self.every_s)

    def forgot(self):
        """True if the cart in the guest's memory was smaller at a later confirmation: it was lost."""
        carts = [cart for *_, cart in self.confirmed]
        return any(b < a for a, b in zip(carts, carts[1:], strict=False))
