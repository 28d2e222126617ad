"""Paravirtualization: the guest's source is changed, sensitive instructions become hypercalls.

    before   cli                 after    int 0x82      the call: VMM, please do for me …
                                          cli           … this

The surprise: the guest has to know that it is one. The unchanged binary of the same system is as wrong as ever, and
what only somebody else has as source cannot be helped. In exchange the guest may ask for much with one call.

What the real one does differently: Xen (2003) called by `int 0x82` on 32-bit x86 with a number and arguments in
registers, batched page-table changes, and replaced CLI and STI by a byte in shared memory, with no exit at all. Here
the argument is the instruction itself, which follows the call (as in KVM's 'forced emulation prefix'), so that no
register is lost. Source: Barham et al., 'Xen and the Art of Virtualization', SOSP 2003.
"""

import re

from labkit.vmm.monitor.binary_translation import SENSITIVE
from labkit.vmm.monitor.guest import Guest
from labkit.vmm.monitor.trap_and_emulate import TrapAndEmulate

VECTOR = 0x82
MARK = "; hypercall:"
LINE = re.compile(r"^(?P<label>\s*\w+:)?\s*(?P<code>[^;]*?)\s*(?P<comment>;.*)?$")
SHOWS_RING = re.compile(r"^(mov\s+\w+\s*,|push)\s*cs$")


def paravirtualize(source):
    """(changed source, changes): every sensitive instruction becomes a hypercall. `changes` lists (line number, the
    instruction, what stands there now)."""
    lines, changes = [], []
    for number, line in enumerate(source.splitlines(), 1):
        parts = LINE.match(line)
        code = parts["code"]
        if not is_sensitive(code.lower()):
            lines.append(line)
            continue
        lines += [
            f"{parts['label'] or ''} int {VECTOR:#x}   {MARK}",
            f"    {code} {parts['comment'] or ''}".rstrip(),
        ]
        changes.append((number, code, f"hypercall({code})"))
    return "\n".join(lines), changes


def is_sensitive(code):
    """Is this line of source one that a guest must not run by itself?"""
    words = code.split()
    name = words[1] if len(words) > 1 and words[0].startswith("rep") else words[0] if words else ""
    return name in SENSITIVE and name not in ("int", "int3", "into") or bool(SHOWS_RING.match(code))


def is_hypercall(line):
    """Is this line of a changed source one that was added?"""
    return line.endswith(MARK)


class Paravirtualization(TrapAndEmulate):
    """The guest with a changed source, in user mode. `changes`: what the guest had to learn."""

    policy = "paravirtualization"

    def prepare(self, guest):
        source, self.changes = paravirtualize(guest.source)
        return Guest(source, at=guest.at, name=guest.name, serial_input=guest.serial_input)

    def answer(self, exit):
        if exit.reason == "exception" and exit.software and exit.vector == VECTOR:
            self.cpu.registers["ip"] = exit.next_ip  # behind the call stands what is asked for
            return self.emulate(exit, "hypercall")
        return super().answer(exit)
