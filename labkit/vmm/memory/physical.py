"""Host-physical memory, as far as page tables need it: 8-byte words at addresses, and a count of who reads them."""

from labkit.world.errors import LabError

PAGE, LARGE_PAGE = 4096, 2 * 1024 * 1024


class PhysicalMemory:
    """Words of 8 bytes; what was never written is 0, which no page table takes for an entry.

    size_mib  how much there is; `allocate` refuses more
    """

    def __init__(self, size_mib=16384):
        self.words, self.size, self.next, self.references = {}, size_mib << 20, PAGE, 0

    def read(self, address):
        """One reference to memory, as the hardware's walker makes it: counted."""
        self.references += 1
        return self.words.get(address, 0)

    def peek(self, address):
        """The same word, read by software: not a reference of a walk."""
        return self.words.get(address, 0)

    def write(self, address, word):
        self.words[address] = word

    def allocate(self, size=PAGE):
        """The address of a free frame of `size` bytes, aligned to its size."""
        address = -(-self.next // size) * size
        if address + size > self.size:
            raise LabError(f"host memory of {self.size >> 20} MiB is used up", next_step="make a larger PhysicalMemory")
        self.next = address + size
        return address
