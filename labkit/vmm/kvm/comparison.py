"""Two runs of the same bytes side by side: every exit, the registers, the memory; and where they part, if they do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from labkit.vmm.kvm.runs import Run
from labkit.world.draw import escape, style

CELL = "padding:2px 12px;text-align:left;border-bottom:1px solid var(--lab-line)"

REGISTERS = ("ax bx cx dx", "si di sp bp", "ip flags cs", "ds es ss")


@dataclass(frozen=True)
class Comparison:
    """`ours` beside `real`. Times are not compared: Popek and Goldberg's equivalence leaves timing out."""

    ours: Run
    real: Run

    @property
    def differences(self) -> list[str]:
        """Every difference in words, the first one first; empty if the guest behaved the same."""
        found = [
            f"exit {number}: ours '{our}', KVM '{their}'"
            for number, (our, their) in enumerate(self._exits(), 1)
            if our != their
        ]
        found += [
            f"register {name}: ours 0x{our:04x}, KVM 0x{self.real.registers[name]:04x}"
            for name, our in self.ours.registers.items()
            if our != self.real.registers[name]
        ]
        return found + (["memory differs"] if self.ours.ram_digest != self.real.ram_digest else [])

    def _exits(self):
        return zip_longest(self.ours.lines(), self.real.lines(), fillvalue="–")

    def _rows(self) -> list[tuple[str, str, str]]:
        rows = [(f"exit {number}", our, their) for number, (our, their) in enumerate(self._exits(), 1)]
        for names in REGISTERS:
            rows.append(("registers", *(values(run, names.split()) for run in (self.ours, self.real))))
        return [*rows, ("memory", digest(self.ours), digest(self.real))]

    def verdict(self) -> str:
        """One sentence."""
        if not self.differences:
            count = len(self.ours.exits)
            return f"equal: {count} exit{'s' * (count != 1)}, {len(self.ours.registers)} registers, all of memory"
        return f"different, first in {self.differences[0]}"

    def __repr__(self) -> str:
        lines = [f"{name:10}{our:35}{'=' if our == their else '≠'} {their}" for name, our, their in self._rows()]
        return "\n".join([f"{'':10}{'our Cpu':37}KVM", *lines, self.verdict()])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="{CELL}">{name}</th>' for name in ("", "our Cpu", "", "KVM"))
        body = "".join(self._row(*row) for row in self._rows())
        return (
            f'<div style="{style()}color:var(--lab-text);overflow-x:auto"><table style="border-collapse:collapse">'
            f"<caption>The same bytes on both</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p><strong>{escape(self.verdict())}</strong></p></div>"
        )

    def _row(self, name: str, our: str, their: str) -> str:
        sign = "=" if our == their else "≠ differs"
        cells = "".join(f'<td style="{CELL}">{escape(value)}</td>' for value in (our, sign, their))
        return f'<tr><th scope="row" style="{CELL}">{escape(name)}</th>{cells}</tr>'


def values(run: Run, names: list[str]) -> str:
    """Registers in one line, hexadecimal."""
    return " ".join(f"{name}={run.registers[name]:04x}" for name in names)


def digest(run: Run) -> str:
    """The beginning of the memory's digest: enough for the eye."""
    return f"SHA-256 {run.ram_digest[:16]}…"
