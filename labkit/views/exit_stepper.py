"""The exit stepper: a guest under a VMM, one instruction at a time, forward and back; who runs now, and for what.

A step is an instruction that the guest runs by itself, or an exit and the VMM's answer to it. Going back is running
again from the start: the same guest, the same steps.
"""

from dataclasses import dataclass

from labkit.views import card
from labkit.views.frame import Frame, button, choice, number
from labkit.vmm.cpu import disassemble
from labkit.vmm.monitor import POLICIES, Guest, monitor
from labkit.vmm.monitor.vmexit import VmExit
from labkit.world.errors import LabError

SHOWN = ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip", "flags")
MOST = 600  # steps that are kept
WINDOW = 11  # lines of the listing


@dataclass(frozen=True)
class Step:
    """How things stand after one step. `at`: address of the instruction it was about, `changed`: names of registers."""

    at: int
    instruction: str
    exit: VmExit | None
    registers: dict
    changed: tuple
    virtual_if: int
    counts: dict
    directly: int
    now_ns: int
    serial: str
    state: str

    @property
    def who(self):
        """Who was running."""
        return "VMM" if self.exit else "guest"


def steps_of(run):
    """The steps of a Monitor that has not run yet, at most 600; the first is the state before anything happened."""
    made = [step(run, None, run.cpu.registers["ip"], {}, "")]
    while not run.ended and len(made) < MOST:
        before, exits = made[-1].registers, len(run.exits)
        if not run.begin():
            made.append(step(run, None, made[-1].at, before, ""))
            break
        at = run.cpu.registers["ip"]
        text = text_at(run, at)
        run.go(1)
        exit = run.exits[-1] if len(run.exits) > exits else None
        made.append(step(run, exit, exit.ip if exit else at, before, exit.instruction if exit else text))
    return made


def text_at(run, at):
    """The instruction at this address, as it stands in the guest's memory now; '' where none stands."""
    try:
        return disassemble(run.cpu.peek(run.cpu.registers["cs"], at, 15), at)
    except LabError:
        return ""


def step(run, exit, at, before, instruction):
    """The Step after what has just happened."""
    registers = {name: run.cpu.registers[name] for name in SHOWN}
    changed = tuple(name for name in SHOWN if before and before[name] != registers[name])
    return Step(
        at,
        instruction,
        exit,
        registers,
        changed,
        run.virtual.interrupt_flag,
        run.counts(),
        run.directly,
        run.now_ns,
        run.bus.serial.output.decode("latin-1"),
        run.state,
    )


def sentence(made):
    """One step in words."""
    if made.exit:
        place = f"'{made.instruction}'" if made.instruction else f"{made.at:04x}h"
        return f"Exit: {made.exit.reason} at {place}. The VMM: {made.exit.answer}."
    if not made.instruction:
        return "The vCPU has halted: no interrupt will wake it." if made.state == "halted" else "Nothing has run yet."
    return f"The guest runs '{made.instruction}' by itself."


def listing(program, made):
    """The lines around the one that the step was about."""
    lines = [line for line in program.listing if line.code or line.source.strip()]
    here = next((at for at, line in enumerate(lines) if line.code and line.address == made.at), 0)
    first = max(0, min(here - WINDOW // 2, len(lines) - WINDOW))
    rows = [
        (
            f"{'▶ ' if at == here else ''}{line.address:04x}",
            card.code(line.code.hex(" ")[:17]),
            in_two(line.source),
        )
        for at, line in list(enumerate(lines))[first : first + WINDOW]
    ]
    return card.table("Guest memory", ("address", "bytes", "source"), rows, now=here - first)


def in_two(source):
    """A line of source, its comment below it."""
    words, _, comment = (part.strip() for part in source.partition(";"))
    return card.Html(card.code(words) + (f'<span class="lk-who">{card.text(comment)}</span>' if comment else ""))


def registers(made):
    """The registers; changed ones carry a mark."""
    rows = [(name, card.code(f"{made.registers[name]:04x}"), "● yes" if name in made.changed else "") for name in SHOWN]
    return card.table("Registers after this step", ("register", "value", "changed?"), rows)


def facts(made):
    """Who ran, why it stopped, and what it has come to."""
    found, rows = (
        made.exit,
        [("who ran", card.badge("the VMM", "odd") if made.exit else card.badge("the guest", "good"))],
    )
    if found:
        rows += [("exit reason", found.reason), ("instruction", card.code(found.instruction))]
        if found.place is not None:
            data = "" if found.data is None else f", data {found.data:#x}"
            rows.append(
                ("device", f"{found.direction} {found.place:#x}, {found.size} byte{'s' * (found.size > 1)}{data}")
            )
        rows.append(("the VMM's answer", found.answer))
    exits = ", ".join(f"{count} {reason}" for reason, count in made.counts.items()) or "none"
    return card.table(
        "This step",
        ("what", "value"),
        [
            *rows,
            ("virtual IF", made.virtual_if),
            ("exits so far", exits),
            ("run directly so far", f"{made.directly} instruction{'s' * (made.directly != 1)}"),
            ("time of the vCPU", f"{made.now_ns / 1000:.3f} µs"),
            ("serial port so far", card.code(made.serial or " ")),
            ("the vCPU is", made.state),
        ],
    )


class ExitStepper(Frame):
    """Steps through a guest's life under a policy: arrow keys, Home, End, buttons, a number; another policy by choice.

    `guest`: a Guest or its source. `policy`: a name of labkit.vmm.monitor.POLICIES. `at`: the step shown first;
    beyond the end: the last. LabError for anything that is none of these.
    """

    keys = ("ArrowLeft", "ArrowRight", "Home", "End")

    def __init__(self, guest, policy="trap and emulate", at=0):
        if isinstance(at, bool) or not isinstance(at, int):
            raise LabError(f"at is the number of a step, not {at!r}", next_step="at=0 is the beginning")
        self.guest = guest if isinstance(guest, Guest) else Guest(guest)
        self.at = at
        self.follow(policy)

    def follow(self, policy):
        """Run the guest under this policy, from the start."""
        run = monitor(self.guest, policy)
        self.policy, self.program, self.steps = policy, run.guest.program, steps_of(run)
        self.at = min(max(self.at, 0), len(self.steps) - 1)

    def html(self):
        made = self.steps[self.at]
        head = card.Html(
            f"<p><strong>Step {self.at} of {len(self.steps) - 1}</strong> · {card.text(sentence(made))}</p>"
        )
        sides = "".join(
            f'<div style="flex:{room};min-width:0">{part}</div>'
            for room, part in (
                ("3 1 18em", listing(self.program, made)),
                ("0 0 auto", registers(made)),
                ("2 1 14em", facts(made)),
            )
        )
        body = card.Html(f'<div style="display:flex;flex-wrap:wrap;gap:0 28px">{sides}</div>')
        return card.panel(f"A guest under the VMM: {self.policy}", head, body)

    def text(self):
        return "\n".join(
            [f"{self.guest.name} under {self.policy}"]
            + [
                f"{'▶' if at == self.at else ' '} {at:3} {made.at:04x} {made.who:<5} {sentence(made)}"
                for at, made in enumerate(self.steps)
            ]
        )

    def controls(self):
        self._number = number("Step", 0, len(self.steps) - 1, self.at, self.go)
        return [
            [
                button("First", lambda: self.go(0)),
                button("Back", lambda: self.go(self.at - 1), hint="One step back: the guest runs again from the start"),
                button("Step", lambda: self.go(self.at + 1)),
                button("Next exit", self.next_exit, hint="Let the guest run until the VMM gets its turn"),
                button("Last", lambda: self.go(len(self.steps) - 1)),
                self._number,
                choice("Policy", list(POLICIES), self.choose, value=self.policy),
            ]
        ]

    def go(self, at):
        """Show the step with this number; beyond the ends: the first or the last."""
        self.at = min(max(at, 0), len(self.steps) - 1)
        if self._live is not None and self._number.value != self.at:
            self._number.value = self.at  # comes back here and draws
        else:
            self.refresh(sentence(self.steps[self.at]))

    def next_exit(self):
        """Go on until the VMM has its turn, or to the end."""
        later = range(self.at + 1, len(self.steps))
        self.go(next((at for at in later if self.steps[at].exit), len(self.steps) - 1))

    def choose(self, policy):
        """The same guest under another policy, from its first step."""
        self.at = 0
        self.follow(policy)
        if self._live is not None:
            self._number.max = len(self.steps) - 1
        self.go(0)

    def heard(self, key):
        self.go({"ArrowLeft": self.at - 1, "ArrowRight": self.at + 1, "Home": 0, "End": len(self.steps) - 1}[key])
