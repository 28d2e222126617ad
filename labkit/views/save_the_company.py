"""Save the company: a host is silent, and you have three buttons. The opening of the lesson, before any teaching.

    office ── host1 · host3            host2 ?  'no answer for 30 s'
    [start VM on …]  [power off host2]  [wait 10 s]

The emulator behind it is real: three hosts, one datastore, two VMs with order books. The picture shows what the office
can see. At the end the cable is mended, if it was one, and the picture shows what was true all the time.
"""

from itertools import groupby

from labkit.views import card
from labkit.views.frame import Frame, button, choice
from labkit.vim.failover.company import HOSTS, LOST_S, SILENT, VMS, Company
from labkit.world import World, draw

WIDTH, HIGH, WIDE = 880, 180, 250
PLACES = {"host1": 10, "host3": 275, "host2": 620}


def picture(company):
    """Hosts with the VMs that the office sees on them. SVG."""
    seen, parts, told = company.seen(), [], []
    parts.append(draw.text(265, 26, "office", size=14, fill="faint"))
    parts.append(draw.text(PLACES[SILENT] + WIDE / 2, 26, "branch", size=14, fill="faint"))
    for name in HOSTS:
        parts.append(_host(name, seen[name], company))
        told.append(_words(name, seen[name], company))
    parts.append(_cable(company, seen[SILENT] is not None))
    return card.drawing(WIDTH, HIGH, "".join(parts), title="The company's hosts", desc=" ".join(told))


def _words(name, vms, company):
    if vms is None:
        off = f", {name} was switched off" if company.fenced else ""
        return f"{name}: no answer for {company.silent_for_s:.0f} s{off}."
    return f"{name}: answers, runs {', '.join(vm for vm, state in vms if state == 'running') or 'nothing'}."


def _host(name, vms, company):
    x = PLACES[name]
    silent = vms is None
    box = draw.rect(x, 40, WIDE, 120, fill="panel" if not silent else "paper", dash="dashed" if silent else "solid")
    word = f"no answer for {company.silent_for_s:.0f} s" if silent else "answers"
    head = draw.text(x + 14, 64, name, size=15, weight=650, anchor="start")
    state = card.mark(x + 20, 82, "odd" if silent else "good") + draw.text(x + 34, 87, word, size=13, anchor="start")
    return box + head + state + "".join(_vm(x + 14, 100 + 28 * at, vm, company) for at, (vm, _) in enumerate(vms or ()))


def _vm(x, y, vm, company):
    """A VM's chip; two copies are marked as such in shape and word."""
    hosts = [name for name, vms in company.seen().items() if (vm, "running") in (vms or ())]
    twice = len(hosts) > 1
    box = draw.rect(x, y, WIDE - 28, 24, fill="paper", stroke="orange" if twice else "line", rounded=6)
    word = f"{vm}: two copies, one disk" if twice else vm
    shape = card.mark(x + 14, y + 12, "bad" if twice else "good")
    return box + shape + draw.text(x + 28, y + 17, word, size=13, anchor="start")


def _cable(company, whole):
    y, left, right = 100, PLACES["host3"] + WIDE, PLACES[SILENT]
    line = draw.line(left, y, right, y, dash="solid" if whole else "dotted", width=2)
    return line + draw.text((left + right) / 2, y - 10, "" if whole else "?", size=20, weight=650)


def debrief(company, verdicts):
    """What came of it, in the customers' words, and what was true."""
    rows = [(each.vm, _unserved(each), f"{each.twice_s:.0f} s", str(each.damage)) for each in verdicts]
    columns = ("VM", "the office was served again after", "two copies for", "orders")
    table = card.table("What your customers noticed", columns, rows)
    if company.truth == "dead":
        truth = f"{SILENT} was dead. Could you have known?"
    else:
        truth = f"{SILENT} was alive. A cable was cut, and the branch went on buying at its old copies."
    over = f"<p>{card.badge('it is over', 'info')} {card.text(truth)}</p>"
    return card.Html(over + table + _ask(company, verdicts))


def _unserved(verdict):
    return "never" if verdict.unserved_s is None else f"{verdict.unserved_s:.0f} s"


def _ask(company, verdicts):
    lost = sum(each.damage.lost for each in verdicts)
    if lost:
        words = f"{lost} customers hold a confirmation, and their orders are gone. Which button was too early?"
    elif any(each.unserved_s is None for each in verdicts):
        words = "No order is gone, and somebody is still waiting. What did you wait for?"
    elif not company.fenced and company.truth == "dead":
        words = "It went well, this time. Would the same buttons have been right if only a cable had been cut?"
    else:
        words = "No order is gone and everybody is served. Which of your steps made that certain, and what did it cost?"
    return card.Html(f"<p><strong>{card.text(words)}</strong></p>")


class SaveTheCompany(Frame):
    """Three buttons, and then a debrief. Arrow right waits, too. `truth`: 'cut' or 'dead'; None: the first time a cut,
    later as luck has it."""

    keys = ("ArrowRight",)

    def __init__(self, truth="cut", seed=1):
        self.truth, self.seed, self.verdicts = truth, seed, None
        self.vm, self.host = VMS[0], "host1"
        self._acts, self._again = [], None
        self.company = Company(World(seed=seed), truth)

    def html(self):
        title = f"{SILENT} is silent. Save the company." if self.verdicts is None else "What had happened"
        clock = f"<p>{card.badge(f'{self.company.silent_for_s:.0f} s after the last word of {SILENT}')}</p>"
        end = debrief(self.company, self.verdicts) if self.verdicts else self._calls()
        return card.panel(title, card.Html(clock), picture(self.company), end, self._log())

    def _calls(self):
        """What is heard at the office."""
        down = [vm for vm in VMS if not any((vm, "running") in (vms or ()) for vms in self.company.seen().values())]
        words = f"Customers call: {' and '.join(down)} cannot be reached." if down else "The phones are quiet."
        return card.Html(f"<p>{card.text(words)}</p>")

    def _log(self):
        if not self.company.log:
            return ""
        rows = []
        for what, group in groupby(self.company.log, key=lambda entry: entry[1]):
            times = [at for at, _ in group]
            rows.append((f"{times[-1] - LOST_S:.0f} s", what if len(times) == 1 else f"{what}, {len(times)} times"))
        return card.table("What you did", ("after", "what"), rows)

    def text(self):
        lines = [_words(name, vms, self.company) for name, vms in self.company.seen().items()]
        lines += [f"{each.vm}: {each.damage}; two copies for {each.twice_s:.0f} s" for each in self.verdicts or ()]
        return "\n".join(lines)

    def controls(self):
        vms = choice("VM", list(VMS), lambda vm: setattr(self, "vm", vm), value=self.vm)
        hosts = choice("on", [name for name in HOSTS if name != SILENT], lambda host: setattr(self, "host", host))
        self._again = button("Try again", self.again, hint="The same company, another day")
        self._acts = [
            button("Start VM on …", lambda: self.press("start"), hint="Start the chosen VM on the chosen host"),
            button(f"Power off {SILENT}", lambda: self.press("power off")),
            button("Wait 10 s", lambda: self.press("wait"), hint="Wait 10 seconds (right arrow)"),
        ]
        self._enable()
        return [[vms, hosts], self._acts, [self._again]]

    def _enable(self):
        for each in self._acts:
            each.disabled = self.verdicts is not None
        if self._again is not None:
            self._again.layout.display = "none" if self.verdicts is None else ""

    def heard(self, key):
        if self.verdicts is None:
            self.press("wait")

    def press(self, what):
        """One of the three buttons: 'start', 'power off' or 'wait'."""
        if self.verdicts is not None:
            return
        company = self.company
        self.act({"start": self._start, "power off": company.power_off, "wait": company.wait}[what])
        if company.over:
            self.verdicts = company.end()
            self._enable()
            self.refresh("It is over. " + " ".join(f"{each.vm}: {each.damage}." for each in self.verdicts))

    def _start(self):
        return self.company.start(self.vm, self.host)

    def again(self):
        """Another day: perhaps a cut, perhaps a dead host."""
        self.seed += 1
        self.verdicts, self.company = None, Company(World(seed=self.seed))
        self._enable()
        self.refresh(f"Another day. {SILENT} is silent.")
