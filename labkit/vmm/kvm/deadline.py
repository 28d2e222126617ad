"""A guest that never gives the processor back is stopped by a signal.

While KVM_RUN executes the guest, our thread is inside the kernel: no Python runs in it, and a flag in memory would be
read by nobody. A signal makes the kernel leave the guest, and KVM_RUN fails with EINTR. The signal must reach *this*
thread, must not kill us when it comes a moment too late, and must work outside the main thread, where Python lets
nobody install a handler. So it is blocked for ever, except inside KVM_RUN (KVM_SET_SIGNAL_MASK), and a kernel timer
sends it to this thread alone (timer_create(2), SIGEV_THREAD_ID). QEMU does the same with SIGUSR1 from another thread.

Setting the timer is the only thing done for each entry: a system call costs more than the guest's next instructions.
"""

from __future__ import annotations

import ctypes
import signal
import struct
import threading
import time
import weakref
from functools import cache

from labkit.vmm.kvm.device import in_words
from labkit.world.errors import LabError

CLOCK_MONOTONIC, SIGEV_THREAD_ID = 1, 4
SIGEVENT = struct.Struct("<QiiI44x")  # value, signal, how to notify, thread: sigevent(3type), 64 bytes
ITIMERSPEC = struct.Struct("<4q")  # interval s and ns (0: once), first expiry s and ns


@cache
def libc():
    """The C library of this process."""
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments) -> None:
    """A function of the C library; its failure in words."""
    if getattr(libc(), name)(*arguments) != 0:
        why = f"{name} failed ({in_words(ctypes.get_errno())})"
        raise LabError(f"no timer to stop the guest with: {why}", next_step="run the guest on Cpu")


class Deadline:
    """`mask` is for KVM_SET_SIGNAL_MASK: what is blocked in this thread, without our signal."""

    def __init__(self):
        self.number = signal.SIGRTMIN
        self.thread, self.mask, self.until = None, 0, 0.0
        self.timer, self.close = ctypes.c_void_p(), lambda: None

    def start(self, seconds: float) -> bool:
        """From now. True if this is another thread than last time: KVM must be told the mask."""
        moved = self.thread != threading.get_native_id()
        if moved:
            self._settle_here()
        self.until = time.monotonic() + seconds
        whole, rest = divmod(round(seconds * 1e9), 10**9)
        call("timer_settime", self.timer, 0, ITIMERSPEC.pack(0, 0, whole, rest), None)
        return moved

    def _settle_here(self):
        """Block the signal in this thread and make a timer that sends it here. It stays blocked: to unblock one that is
        pending would end the process."""
        self.close()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {self.number})
        self.mask = sum(1 << (number - 1) for number in before if number != self.number)
        self.thread, self.timer = threading.get_native_id(), ctypes.c_void_p()
        event = SIGEVENT.pack(0, self.number, SIGEV_THREAD_ID, self.thread)
        call("timer_create", CLOCK_MONOTONIC, event, ctypes.byref(self.timer))
        self.close = weakref.finalize(self, libc().timer_delete, self.timer)

    def passed(self) -> bool:
        """Is it over? Takes a pending signal away, also one that was meant for an earlier entry."""
        signal.sigtimedwait({self.number}, 0)
        return time.monotonic() >= self.until
