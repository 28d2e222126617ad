"""One guest, four policies, side by side with the bare machine.

    print(compare("mov dx, 0x3f8 …"))

Right or wrong is found by running and comparing, never by a list of bad instructions: a policy is wrong when something
in memory, in a register or at a device is not what it is on the bare machine.
"""

from dataclasses import dataclass
from inspect import signature

from labkit.vmm.monitor.binary_translation import BinaryTranslation
from labkit.vmm.monitor.exit_loop import Monitor
from labkit.vmm.monitor.guest import Guest, Relocation, differences, on_bare_machine
from labkit.vmm.monitor.hardware import Hardware
from labkit.vmm.monitor.paravirtualization import Paravirtualization, is_hypercall
from labkit.vmm.monitor.trap_and_emulate import TrapAndEmulate
from labkit.world.draw import escape
from labkit.world.errors import unknown

POLICIES = {policy.policy: policy for policy in (TrapAndEmulate, BinaryTranslation, Paravirtualization, Hardware)}
COLUMNS = ("policy", "guest", "exits", "directly", "by the VMM", "blocks translated", "time")


def monitor(guest, policy="trap and emulate", **options):
    """The Monitor of this policy for this guest (a Guest or its source), ready to run; LabError if there is no such."""
    if policy not in POLICIES:
        raise unknown("policy", policy, POLICIES)
    for name in options:
        if name not in options_of(POLICIES[policy]):
            raise unknown("option of a VMM", name, options_of(POLICIES[policy]))
    return POLICIES[policy](guest, **options)


def options_of(kind):
    """Names of the keywords that this kind of Monitor takes."""
    known = [*signature(Monitor).parameters.values(), *signature(kind).parameters.values()]
    return sorted({each.name for each in known if each.kind is each.KEYWORD_ONLY})


@dataclass(frozen=True)
class Comparison:
    """`bare`: the bare machine's Outcome. `runs`: policy → Monitor after its run. `wrong`: policy → differences, []
    for a guest that behaves as on the bare machine."""

    bare: object
    runs: dict
    wrong: dict

    def rows(self):
        """One row of texts for each policy, under COLUMNS."""
        return [self._row(name, run) for name, run in self.runs.items()]

    def _row(self, name, run):
        exits = ", ".join(f"{count} {reason}" for reason, count in run.counts().items()) or "none"
        verdict = f"wrong: {self.wrong[name][0]}" if self.wrong[name] else "right" if run.ended else "right so far"
        if not run.ended:
            verdict += f" (had not ended after {run.directly + run.emulated:,} instructions, was stopped)"
        return (
            name,
            verdict,
            exits,
            str(run.directly),
            str(run.emulated),
            str(getattr(run, "translated", "–")),
            f"{run.now_ns / 1000:.1f} µs",
        )

    def __str__(self):
        rows = [COLUMNS, *self.rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    __repr__ = __str__

    def _repr_html_(self):
        left = 'style="text-align:left"'
        head = "".join(f'<th scope="col" {left}>{escape(name)}</th>' for name in COLUMNS)
        body = "".join(
            f'<tr><th scope="row" {left}>{escape(row[0])}</th>'
            + "".join(f"<td {left}>{escape(text)}</td>" for text in row[1:])
            + "</tr>"
            for row in self.rows()
        )
        return (
            f"<table><caption>The same guest under four policies, compared with the bare machine</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


def moved(guest, changed):
    """The Relocation from one to the other, or None where the code is the same."""
    return (
        None if guest.program.code == changed.program.code else Relocation(guest.program, changed.program, is_hypercall)
    )


def compare(guest, limit=200_000, **options):
    """Run the guest (a Guest or its source) on the bare machine and under every policy; a Comparison. A guest that does
    not end is stopped after `limit` instructions or 10,000 exits: its row says so, and 'right so far' is all there is.
    """
    guest = guest if isinstance(guest, Guest) else Guest(guest)
    runs = {name: monitor(guest, name, **options).run(limit) for name in POLICIES}
    true = on_bare_machine(guest, limit, options.get("instruction_ns", 1))
    wrong = {name: differences(true, run.outcome(), moved(guest, run.guest)) for name, run in runs.items()}
    return Comparison(true, runs, wrong)
