"""Physical memory: RAM from 0 up, and behind it only devices (MMIO). A20 is on: addresses go up to 0x10FFEF.

Two surprises of real mode live here. Segments overlap (base = selector * 16), so that one byte has 4096 names; and a
word at offset 0xFFFF does not wrap to offset 0: since the 286 it is a fault (#SS in the stack's segment, else #GP).
"""

from labkit.vmm.cpu.decoder import LONGEST
from labkit.vmm.cpu.exits import Access, Fault
from labkit.vmm.cpu.operands import CS, ES, SS
from labkit.world.errors import LabError, number

PAGE = 4096  # a device access across a page's end is done byte by byte, as KVM does it
GENERAL_PROTECTION, STACK_FAULT = 13, 12


class Ram(bytearray):
    """RAM that tells when a byte is changed from outside that has been decoded as an instruction."""

    def __init__(self, size, on_change):
        super().__init__(size)
        self.on_change = on_change

    def __setitem__(self, at, value):
        first, end, _ = at.indices(len(self)) if isinstance(at, slice) else (at % len(self), at % len(self) + 1, 1)
        super().__setitem__(at, value)
        self.on_change(first, end)


class Memory:
    """Where the processor reads and writes. `bases` are the four segments' base addresses (es cs ss ds).

    `answers` are what devices said to the instruction in work: after each answer it is executed again from its
    beginning, so that an instruction with two device accesses (xchg, movs) exits twice and still happens once.
    """

    def __init__(self, kib, bases):
        self.decoded = bytearray(kib * 1024)  # 1 where a byte is part of a decoded instruction
        self.ram = Ram(kib * 1024, self._changed)
        self.raw = memoryview(self.ram)  # writes here go unnoticed: only after a look at `decoded`
        self.bases = bases
        self.caches = {}  # code segment's selector -> {ip: what executes the instruction there}
        self.answers, self.used = [], 0

    def forget(self, address, length):
        """Instructions that contain one of these bytes have to be decoded again."""
        for selector, cache in self.caches.items():
            first = address - (selector << 4)
            for ip in range(first - LONGEST + 1, first + length):
                cache.pop(ip, None)

    def _changed(self, first, end):
        if 1 in self.decoded[first:end]:
            self.forget(first, end - first)

    def fetch(self, selector, ip):
        """Up to 15 bytes of code at selector:ip; fewer at the end of RAM or of the segment."""
        begin = (selector << 4) + ip
        end = min(begin + LONGEST, (selector << 4) + 0x10000)
        return bytes(self.raw[begin:end])

    def mark(self, selector, ip, length):
        """Remember that these bytes were decoded."""
        begin = (selector << 4) + ip
        self.decoded[begin : begin + length] = b"\1" * length

    def ask(self, reason, **fields):
        """The answer of a device to this access: known from an earlier try, or the instruction has to wait for it."""
        if self.used < len(self.answers):
            self.used += 1
            return self.answers[self.used - 1]
        raise Access(reason, **fields)

    def done(self):
        """What was asked is used up: the instruction (or one round of a rep) has happened."""
        self.answers.clear()
        self.used = 0

    def load(self, segment, offset, size):
        """The byte or word at segment:offset."""
        if size == 2 and offset == 0xFFFF:
            raise segment_fault(segment)
        address = self.bases[segment] + offset
        if address + size <= len(self.decoded):
            return self.raw[address] if size == 1 else self.raw[address] | self.raw[address + 1] << 8
        if size == 2 and (address + 1 == len(self.decoded) or address % PAGE == PAGE - 1):
            return self._load_byte(address) | self._load_byte(address + 1) << 8
        return self.ask("mmio", direction="read", address=address, size=size)

    def _load_byte(self, address):
        if address < len(self.decoded):
            return self.raw[address]
        return self.ask("mmio", direction="read", address=address, size=1)

    def words(self, segment, offset, n):
        """`n` words in a row: a far pointer, a table register. They must not reach over the segment's end."""
        if offset + 2 * n > 0x10000:
            raise segment_fault(segment)
        return [self.load(segment, offset + 2 * at, 2) for at in range(n)]

    def store(self, segment, offset, size, value):
        """Write a byte or word at segment:offset."""
        if size == 2 and offset == 0xFFFF:
            raise segment_fault(segment)
        address = self.bases[segment] + offset
        if size == 2 and address + 1 == len(
            self.decoded
        ):  # the device first: RAM must not change before it has answered
            self._store(address + 1, 1, value >> 8)
            self._store(address, 1, value & 0xFF)
        elif size == 2 and address % PAGE == PAGE - 1:
            self._store(address, 1, value & 0xFF)
            self._store(address + 1, 1, value >> 8)
        else:
            self._store(address, size, value)

    def _store(self, address, size, value):
        if address >= len(self.decoded):
            self.ask("mmio", direction="write", address=address, size=size, data=value)
            return
        if any(self.decoded[address : address + size]):
            self.forget(address, size)
        self.raw[address : address + size] = value.to_bytes(size, "little")


def segment_fault(segment):
    """What a word at offset 0xFFFF of that segment raises."""
    name = {CS: "code", ES: "extra", SS: "stack"}.get(segment, "data")
    return Fault(STACK_FAULT if segment == SS else GENERAL_PROTECTION, why=f"a word at the end of the {name} segment")


def ram_size(kib):
    """`kib` if it is a size this machine can have, else LabError."""
    if isinstance(kib, bool) or not isinstance(kib, int) or not 4 <= kib <= 640:
        raise LabError(
            f"ram_kib must be a whole number between 4 and 640, not {kib!r}",
            next_step="above 640 KiB the PC has its devices: the text screen stands at 0xB8000",
        )
    return kib


def whole(value, what, least=0, most=None):
    """`value` if it is a whole number in [least, most], else a LabError that names `what`."""
    if not isinstance(number(value, what, least, most), int):
        raise LabError(f"{what} must be a whole number, not {value!r}")
    return value
