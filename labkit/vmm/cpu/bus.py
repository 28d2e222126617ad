"""The bus: which device answers at which port and address. On the bare machine it is copper, in a VM a table in the
VMM.

The x86 has two address spaces: 65,536 I/O ports for in and out, and memory, part of which may be devices (MMIO). A word
is two bytes to an 8-bit device: the bus sends them one after the other, to the place and the place behind it (ISA did).
"""

from labkit.world.errors import LabError


def place(value, what, most):
    """Return `value` if a device can stand there (0 … `most`), else raise a LabError that names `what`."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise LabError(
            f"{what} must be a whole number from 0 to {most:#x}, not {value!r}",
            next_step=f"leave it out for the usual {what}",
        )
    return value


class Device:
    """What stands on a bus. `ports` are {port: name}, `addresses` a range of physical memory; both are read and written
    by bytes. A device that lives in time has advance(seconds); due() is the interrupt vector it wants delivered now, or
    None."""

    ports = {}
    addresses = range(0)

    def advance(self, seconds):
        """So much time has passed."""

    def due(self):
        """The vector of an interrupt, once; None if nothing is wanted."""

    def wakes_in(self):
        """Seconds until it will want an interrupt, None if it will not."""


class Bus:
    """Devices side by side. An access where nobody stands is a LabError, and no device has noticed anything.

    What the real one does differently: there nobody answering is no error; a read gives ones (0xFF), a write is lost.
    """

    def __init__(self, *devices):
        self.devices = devices
        for device in devices:
            if not isinstance(device, Device):
                raise LabError(f"a bus takes devices, not {device!r}", next_step="Bus(Serial(), TextScreen())")
            for other in devices[: devices.index(device)]:
                clash = set(device.ports) & set(other.ports) or set(device.addresses) & set(other.addresses)
                if clash:
                    raise LabError(
                        f"two devices stand at {min(clash):#x}: {type(other).__name__} and {type(device).__name__}",
                        next_step="give one of them another place",
                    )

    def answer(self, exit):
        """See to an 'io' or 'mmio' Exit: the value for in and read, None for out and write."""
        if exit.reason not in ("io", "mmio"):
            raise LabError(f"a bus answers io and mmio, not '{exit}'")
        first = exit.port if exit.reason == "io" else exit.address
        owners = [self._owner(exit.reason, first + at) for at in range(exit.size)]
        if exit.direction in ("out", "write"):
            for at, device in enumerate(owners):
                device.write(first + at, exit.data >> 8 * at & 0xFF)
            return None
        return sum(device.read(first + at) << 8 * at for at, device in enumerate(owners))

    def _owner(self, space, place):
        for device in self.devices:
            if place in (device.ports if space == "io" else device.addresses):
                return device
        what = "port" if space == "io" else "address"
        raise LabError(f"there is no device at {what} {place:#x}", next_step=f"known: {self._known(space) or 'none'}")

    def _known(self, space):
        if space == "io":
            return ", ".join(f"{port:#x} {name}" for device in self.devices for port, name in device.ports.items())
        return ", ".join(
            f"{device.addresses[0]:#x}–{device.addresses[-1]:#x} {type(device).__name__}"
            for device in self.devices
            if device.addresses
        )

    def advance(self, seconds):
        """Time passes for every device."""
        for device in self.devices:
            device.advance(seconds)

    def acknowledge(self):
        """The vector of an interrupt that is wanted now – who asks, takes it – or None."""
        return next((vector for vector in (device.due() for device in self.devices) if vector is not None), None)

    def next_interrupt(self):
        """Seconds until the next interrupt, None if there is none to come."""
        waits = (device.wakes_in() for device in self.devices)
        return min((seconds for seconds in waits if seconds is not None), default=None)
