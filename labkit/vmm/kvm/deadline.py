"""A guest that never gives the processor back is stopped by a signal.

While KVM_RUN executes the guest, our thread is inside the kernel: no Python runs in it, and a flag in memory would be
read by nobody. A signal makes the kernel leave the guest, and KVM_RUN fails with EINTR. The signal must reach *this*
thread, must not kill us when it comes a moment too late, and must work outside the main thread, where Python lets
nobody install a handler. So it is blocked always, except inside KVM_RUN (KVM_SET_SIGNAL_MASK), and a kernel timer
sends it to this thread alone (timer_create(2), SIGEV_THREAD_ID). QEMU does the same with SIGUSR1 from another thread.
"""

from __future__ import annotations

import ctypes
import signal
import struct
import threading

from labkit.vmm.kvm.device import in_words
from labkit.world.errors import LabError

CLOCK_MONOTONIC, SIGEV_THREAD_ID = 1, 4
SIGEVENT = struct.Struct("<QiiI44x")  # value, signal, how to notify, thread: sigevent(3type), 64 bytes
ITIMERSPEC = struct.Struct("<4q")  # interval s and ns (0: once), first expiry s and ns


class Deadline:
    """`with Deadline(1.0) as deadline:` – after a second this thread has a signal pending; `mask` is for KVM_RUN."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.number = signal.SIGRTMIN
        self.timer = ctypes.c_void_p()

    def __enter__(self):
        self.before = signal.pthread_sigmask(signal.SIG_BLOCK, {self.number})
        self.mask = sum(1 << (number - 1) for number in self.before if number != self.number)
        try:
            self.start()
        except BaseException:
            signal.pthread_sigmask(signal.SIG_SETMASK, self.before)
            raise
        return self

    def start(self):
        event = SIGEVENT.pack(0, self.number, SIGEV_THREAD_ID, threading.get_native_id())
        self.call("timer_create", CLOCK_MONOTONIC, event, ctypes.byref(self.timer))
        seconds, fraction = divmod(round(self.seconds * 1e9), 10**9)
        self.call("timer_settime", self.timer, 0, ITIMERSPEC.pack(0, 0, seconds, fraction), None)

    def call(self, name, *arguments):
        """A function of the C library; its failure in words."""
        libc = ctypes.CDLL(None, use_errno=True)
        if getattr(libc, name)(*arguments) != 0:
            number = ctypes.get_errno()
            raise LabError(f"no timer to stop the guest: {name} failed ({in_words(number)})", next_step="use Cpu")

    def passed(self) -> bool:
        """Is it over? Takes the pending signal away."""
        return signal.sigtimedwait({self.number}, 0) is not None

    def __exit__(self, *_):
        self.call("timer_delete", self.timer)
        self.passed()
        signal.pthread_sigmask(signal.SIG_SETMASK, self.before)
