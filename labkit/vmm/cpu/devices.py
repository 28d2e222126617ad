"""Four small devices, where a PC has them: serial port, CMOS clock, text screen; and a card with registers.

The same objects are hardware on the bare machine and virtual devices in a VMM: a device does not know who asks.
"""

from datetime import UTC, datetime

from labkit.vmm.cpu.bus import Device, place
from labkit.world.errors import LabError

TOP = 0x110000  # behind the last address that a 16-bit program can name: FFFF:FFFF


class Serial(Device):
    """A serial port: a byte written to `base` is sent, one read from it was received; `base`+5 is the line's status.

    What the real one does differently: sending takes time (87 µs per byte at 115,200 baud), and a 16550 has six more
    registers for speed, interrupts and modem lines.
    """

    READY, RECEIVED = 0x60, 0x01  # status bits: may send; a byte has come (8250 data sheet, line status register)

    def __init__(self, base=0x3F8):
        self.base, self.output, self.input = place(base, "base", 0xFFFF - 5), bytearray(), bytearray()
        self.ports = {base: "serial data", base + 5: "serial status"}

    def read(self, port):
        """A received byte (0 if none has come), or the status."""
        if port == self.base:
            return self.input.pop(0) if self.input else 0
        return self.READY | (self.RECEIVED if self.input else 0)

    def write(self, port, byte):
        """Send a byte; the status cannot be written."""
        if port == self.base:
            self.output.append(byte)

    @property
    def text(self):
        """What was sent, as text."""
        return self.output.decode("latin-1")


class CmosClock(Device):
    """The battery-backed clock: write a register's number to port 0x70, read it from 0x71. Two decimal digits per byte
    (BCD).

    `now` gives seconds since 1970: the time comes from the caller – the surprise for a VM, whose clock is only what its
    VMM says. Registers: 0 second, 2 minute, 4 hour, 7 day, 8 month, 9 year, 0x32 century; 0x0B says 24 hours, BCD.
    """

    ports = {0x70: "CMOS index", 0x71: "CMOS data"}
    FORMAT = 0x02

    def __init__(self, now=lambda: 0.0):
        if not callable(now):
            raise LabError(f"now is a function that gives seconds since 1970, not {now!r}", next_step="lambda: 0.0")
        self.now, self.index = now, 0

    def read(self, port):
        """The chosen register; 0x70 cannot be read back."""
        if port == 0x70:
            return 0xFF
        time = datetime.fromtimestamp(self.now(), UTC)
        fields = {
            0x00: time.second,
            0x02: time.minute,
            0x04: time.hour,
            0x06: time.isoweekday() % 7 + 1,
            0x07: time.day,
            0x08: time.month,
            0x09: time.year % 100,
            0x32: time.year // 100,
        }
        if self.index in fields:
            return fields[self.index] // 10 << 4 | fields[self.index] % 10
        return self.FORMAT if self.index == 0x0B else 0

    def write(self, port, byte):
        """Choose a register; setting the clock is left out (ignored)."""
        if port == 0x70:
            self.index = byte & 0x7F


class TextScreen(Device):
    """80 x 25 characters in memory at 0xB8000: a byte for the character, one for its colour. Nothing is sent: it is
    there."""

    COLUMNS, ROWS = 80, 25

    def __init__(self, at=0xB8000):
        self.cells = bytearray(b"\x20\x07" * (self.COLUMNS * self.ROWS))
        self.addresses = range(place(at, "at", TOP - len(self.cells)), at + len(self.cells))

    def read(self, address):
        """A character or a colour."""
        return self.cells[address - self.addresses.start]

    def write(self, address, byte):
        """Put a character or a colour."""
        self.cells[address - self.addresses.start] = byte

    def text(self):
        """The rows that have something in them, without the blanks at their ends."""
        rows = self.cells[::2].decode("cp437")
        lines = [rows[at : at + self.COLUMNS].rstrip() for at in range(0, len(rows), self.COLUMNS)]
        return "\n".join(lines).rstrip("\n")


class RegisterDevice(Device):
    """A card with word registers in memory, from 0xD0000 on; `registers` is what stands in them."""

    def __init__(self, at=0xD0000, words=16):
        if isinstance(words, bool) or not isinstance(words, int) or not 1 <= words <= 0x8000:
            raise LabError(f"a register card has 1 to 32768 words, not {words!r}")
        self.bytes = bytearray(2 * words)
        self.addresses = range(place(at, "at", TOP - 2 * words), at + 2 * words)

    @property
    def registers(self):
        """The registers as numbers."""
        return [self.bytes[at] | self.bytes[at + 1] << 8 for at in range(0, len(self.bytes), 2)]

    def read(self, address):
        """A byte of a register."""
        return self.bytes[address - self.addresses.start]

    def write(self, address, byte):
        """Set a byte of a register."""
        self.bytes[address - self.addresses.start] = byte
