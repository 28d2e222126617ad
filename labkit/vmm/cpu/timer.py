"""The PC's heartbeat: an 8254 timer that asks for an interrupt, and the 8259 interrupt controller that passes it on.

    mov al, 0x34 / out 0x43, al          ; channel 0, low byte then high byte, again and again
    mov ax, 11932 / out 0x40, al / mov al, ah / out 0x40, al        ; every 10 ms

The surprise: the controller asks once and then waits to be told that the handler is done (`mov al, 0x20 / out 0x20,
al`). A handler that forgets this end-of-interrupt is called exactly once.

What the real one does differently: three channels and six modes, sixteen interrupt lines with priorities and masks;
here is channel 0, periodic, on line 0 = vector 8, where the BIOS puts it. Sources: Intel 8254 and 8259A data sheets.
"""

from labkit.vmm.cpu.bus import Device
from labkit.world.errors import LabError, number

HERTZ = 1_193_182  # a third of the colour television's carrier: it was cheap in 1981
VECTOR = 8
END_OF_INTERRUPT = 0x20
PERIODIC = (0x34, 0x36)  # channel 0, low then high byte, modes 2 and 3


class Timer(Device):
    """Channel 0 of the timer, and the controller's line 0. Time comes from outside: advance(seconds)."""

    ports = {0x40: "timer channel 0", 0x43: "timer command", 0x20: "interrupt controller"}

    def __init__(self):
        self.divisor, self.elapsed_s = None, 0.0
        self.low_byte, self.read_high = None, False
        self.requested = self.in_service = False

    @property
    def period_s(self):
        """Seconds between two interrupts, None before the guest has set one."""
        return self.divisor / HERTZ if self.divisor else None

    def write(self, port, byte):
        """A command, the divisor's two bytes, or the end of an interrupt."""
        if port == 0x20:
            self._acknowledge(byte)
        elif port == 0x43:
            if byte not in PERIODIC:
                raise LabError(f"timer command {byte:#04x} is not built", next_step="0x34 or 0x36: channel 0, periodic")
            self.divisor, self.low_byte, self.read_high = None, None, False
        elif self.low_byte is None:
            self.low_byte = byte
        else:
            self.divisor = (byte << 8 | self.low_byte) or 0x10000
            self.elapsed_s, self.low_byte = 0.0, None

    def _acknowledge(self, byte):
        if byte != END_OF_INTERRUPT:
            raise LabError(f"interrupt controller command {byte:#04x} is not built", next_step="0x20: end of interrupt")
        self.in_service = False

    def read(self, port):
        """The count down to the next interrupt, low byte then high byte. The other ports read as 0."""
        if port != 0x40 or not self.divisor:
            return 0
        count = self.divisor - int(self.elapsed_s * HERTZ) % self.divisor & 0xFFFF
        self.read_high = not self.read_high
        return count & 0xFF if self.read_high else count >> 8

    def advance(self, seconds):
        """Let time pass. Ticks that fall together become one interrupt: what is asked for is not asked twice."""
        number(seconds, "seconds")
        if self.divisor:
            self.elapsed_s += seconds
            if self.elapsed_s + 1e-12 >= self.period_s:
                self.elapsed_s = max(0.0, self.elapsed_s - self.period_s) % self.period_s
                self.requested = True

    def due(self):
        """8 when a tick is asked for and the handler of the last one has reported its end."""
        if self.requested and not self.in_service:
            self.requested, self.in_service = False, True
            return VECTOR
        return None

    def wakes_in(self):
        """Seconds to the next tick; None if nothing is set, or the last interrupt was never ended."""
        if not self.divisor or self.in_service:
            return None
        return 0.0 if self.requested else self.period_s - self.elapsed_s
