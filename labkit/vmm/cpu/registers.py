"""The fourteen registers by name, for people: cpu.registers["ax"]. Inside, closures use the lists behind them."""

from collections.abc import MutableMapping

from labkit.vmm.cpu.operands import BYTES, SEGMENTS, WORDS
from labkit.world.errors import LabError, unknown

ORDER = ("ax", "bx", "cx", "dx", "si", "di", "sp", "bp", "ip", "flags", "cs", "ds", "es", "ss")


class Registers(MutableMapping):
    """A view of a Cpu's registers: always 16-bit values, also al … dh; `flags` is the image as pushf writes it."""

    def __init__(self, cpu):
        self._cpu = cpu

    def __getitem__(self, name):
        cpu = self._cpu
        if name in WORDS:
            return cpu.words[WORDS.index(name)]
        if name in BYTES:
            number = BYTES.index(name)
            return cpu.words[number & 3] >> 8 if number > 3 else cpu.words[number] & 0xFF
        if name in SEGMENTS:
            return cpu.selectors[SEGMENTS.index(name)]
        if name in ("ip", "flags"):
            return cpu.ip & 0xFFFF if name == "ip" else cpu.flags.image
        raise unknown("register", name, (*ORDER, *BYTES))

    def __setitem__(self, name, value):
        cpu, most = self._cpu, 0xFF if name in BYTES else 0xFFFF
        self[name]  # refuses a name that nobody has
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise LabError(
                f"register {name} holds a whole number from 0 to 0x{most:x}, not {value!r}",
                next_step=f"cut it: value & 0x{most:x}",
            )
        if name in WORDS:
            cpu.words[WORDS.index(name)] = value
        elif name in BYTES:
            number = BYTES.index(name)
            high = number > 3
            kept = cpu.words[number & 3] & (0xFF if high else 0xFF00)
            cpu.words[number & 3] = kept | (value << 8 if high else value)
        elif name in SEGMENTS:
            cpu.set_segment(SEGMENTS.index(name), value)
        elif name == "ip":
            cpu.ip = value
        else:
            cpu.flags.load(value)

    def __delitem__(self, name):
        raise LabError(f"register {name} is soldered in")

    def __iter__(self):
        return iter(ORDER)

    def __len__(self):
        return len(ORDER)

    def __repr__(self):
        return " ".join(f"{name}={self[name]:04x}" for name in ORDER)
