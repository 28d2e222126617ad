"""The TLB: the few translations the processor remembers. A remembered one costs nothing, any other costs a walk."""

from labkit.vmm.memory.physical import PAGE


class Tlb:
    """Remembers up to `entries` pages, forgets the one that was used least recently."""

    def __init__(self, entries=64):
        self.entries, self.pages = entries, {}

    def find(self, address, write):
        """The Leaf for `address` if it is remembered and allows this access, else None."""
        leaf = self.pages.pop(address // PAGE, None)
        if leaf is None or (write and not leaf.writable):
            return None
        self.pages[address // PAGE] = leaf  # the youngest stands last
        return leaf

    def fill(self, address, leaf):
        if len(self.pages) >= self.entries:
            del self.pages[next(iter(self.pages))]
        self.pages[address // PAGE] = leaf

    def flush(self, address=None):
        """Forget the page of `address`, or everything."""
        if address is None:
            self.pages.clear()
        else:
            self.pages.pop(address // PAGE, None)
