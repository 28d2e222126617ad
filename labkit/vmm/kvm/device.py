"""Is /dev/kvm there, may this user open it, and what stands behind it.

Standard library only, and no error is raised here: `labkit doctor` asks, too, where nothing else is installed.

**What the real one does differently.** Nothing: this asks the real device. The interface is the kernel's
Documentation/virt/kvm/api.rst; /dev/kvm itself needs no root, only permission to read and write the device file.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

DEVICE = "/dev/kvm"
GET_API_VERSION, API_VERSION = 0xAE00, 12  # linux/kvm.h: 12 since Linux 2.6.22, 'not expected to change'
HARDWARE_FLAGS = {"vmx": "Intel VT-x", "svm": "AMD-V"}  # /proc/cpuinfo
BACKENDS = {  # /sys/module/<name> → what executes the guest
    "kvm_intel": "Intel VT-x",
    "kvm_amd": "AMD-V",
    "kvm_pvm": "software: no VT-x or AMD-V here, the kernel interprets ring 0",
}


@dataclass(frozen=True)
class State:
    """What was found: `usable`, a sentence `detail`, and the `cure` if it is not usable."""

    usable: bool
    detail: str
    cure: str = ""

    def __str__(self):
        return self.detail if self.usable else f"{self.detail} – {self.cure}"


@dataclass(frozen=True)
class Backend:
    """What executes KVM's guests here. `hardware`: by VT-x or AMD-V; `nested`: this machine is a VM itself."""

    module: str
    how: str
    hardware: bool
    nested: bool

    def __str__(self):
        return f"{'nested ' if self.nested else ''}KVM, {self.module} ({self.how})"


def state(path: str = DEVICE) -> State:
    """Try to open the device and ask for its version; nothing else is touched."""
    if sys.platform != "linux":
        return State(False, f"no {path}: KVM is a part of Linux, and this is {system()}", elsewhere())
    if platform.machine() not in ("x86_64", "AMD64"):
        why = f"our guests are x86 machine code, and this is a {platform.machine()} processor"
        return State(False, why, "use a PC with an Intel or AMD processor")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as problem:
        return State(False, *cannot_open(problem.errno, path))
    try:
        return asked(descriptor, path)
    finally:
        os.close(descriptor)


def asked(descriptor: int, path: str) -> State:
    """The device is open: does KVM answer?"""
    import fcntl  # Unix only

    try:
        version = fcntl.ioctl(descriptor, GET_API_VERSION, 0)
    except OSError as problem:
        return State(False, f"{path} is no KVM device ({in_words(problem.errno)})", "look at it: ls -l /dev/kvm")
    if version != API_VERSION:
        return State(False, f"{path} speaks version {version}, not {API_VERSION}", "use Linux 2.6.22 or newer")
    return State(True, f"{path} can be used: {backend()}")


def cannot_open(number: int, path: str) -> tuple[str, str]:
    """Why `open` failed and what to do, from its errno."""
    words = in_words(number)
    if number in (errno.EACCES, errno.EPERM):
        return f"{path} is there, but not for this user ({words})", "sudo usermod -aG kvm $USER, then log in again"
    if number == errno.ENOENT:
        return f"there is no {path} ({words})", missing()
    if number in (errno.ENODEV, errno.ENXIO):
        return f"{path} has no driver behind it ({words})", "sudo modprobe kvm_intel (Intel) or kvm_amd (AMD)"
    return f"{path} cannot be opened ({words})", "look at it: ls -l /dev/kvm"


def missing() -> str:
    """Linux without the device: the cure depends on what this machine is."""
    if os.path.exists("/.dockerenv"):
        return "start the container with --device /dev/kvm"
    if "microsoft" in platform.release().lower():
        return "WSL2: Windows 11, nestedVirtualization=true under [wsl2] in .wslconfig, then wsl --shutdown"
    flags = cpu_flags()
    if HARDWARE_FLAGS.keys() & flags:
        return "sudo modprobe kvm_intel (Intel) or kvm_amd (AMD)"
    if "hypervisor" in flags:
        return "this machine is a VM: switch on nested virtualisation for it on its host"
    return "switch on virtualisation (Intel VT-x, AMD SVM) in the firmware"


def elsewhere() -> str:
    """The cure where there is no Linux."""
    if sys.platform == "win32":
        return "WSL2 on Windows 11 has one (nestedVirtualization=true in .wslconfig); or use Linux"
    return "use Linux; macOS has an interface of its own, Hypervisor.framework, for its own kind of processor"


def system() -> str:
    """The system's name as people say it."""
    return {"darwin": "macOS", "win32": "Windows"}.get(sys.platform, sys.platform)


def in_words(number: int) -> str:
    """'EACCES: Permission denied'."""
    return f"{errno.errorcode.get(number, number)}: {os.strerror(number)}"


def cpu_flags(cpuinfo: str = "/proc/cpuinfo") -> frozenset[str]:
    """The processor's feature flags; empty where nobody tells."""
    try:
        lines = Path(cpuinfo).read_text("utf-8").splitlines()
    except OSError:
        return frozenset()
    flags = next((line for line in lines if line.startswith("flags")), ":")
    return frozenset(flags.partition(":")[2].split())


def backend(modules: str = "/sys/module", cpuinfo: str = "/proc/cpuinfo") -> Backend:
    """What stands behind the device. Without VT-x or AMD-V the processor cannot be what executes the guest."""
    flags = cpu_flags(cpuinfo)
    module = next((name for name in BACKENDS if (Path(modules) / name).is_dir()), "kvm")
    hardware = [name for flag, name in HARDWARE_FLAGS.items() if flag in flags]
    how = BACKENDS.get(module) or " or ".join(hardware) or "unknown"
    return Backend(module, how, bool(hardware) and module != "kvm_pvm", "hypervisor" in flags)
