"""The evacuation time line: a host is cut off or dies; which copy runs where, and who knows what when.

    truth    esx1  ━━━━━━━━━━━━━━━┊━━━━━━━━━━━━━━━━━━━━━┊✕ off            cut        fenced
             esx2                 ┊                     ┊━━━━━━━━
    the VIM  esx1  connected      ┊ … ┊ unknown         ┊ fenced
    customers      served         ┊ not served              ┊ served
    the disk       whole          ┊ whole

Turn fencing on and off, cut the cable or kill the host. Every band is read from the trace of a run in the emulator.
"""

from labkit.views import card
from labkit.views.frame import Frame, choice, number
from labkit.views.timeline import Band, Mark, line
from labkit.vim.assembly import datacenter
from labkit.vim.failover.history import copies
from labkit.vim.failover.ledger import Ledger
from labkit.vim.failover.locks import Locks
from labkit.vim.failover.system import FailoverSystem
from labkit.vim.failover.watchdog import Watchdog
from labkit.vim.spec import Spec
from labkit.vmm.host import Host
from labkit.world import World

FENCING = {"by the BMC": "bmc", "by lock and watchdog": "lock", "off (dangerous)": "off"}
ACCIDENTS = {"the management cable is cut": "cut", "the host dies": "crash"}
VM, LOST, AT_S, MENDED_S, END_S, BOOT_S = "shop", "esx1", 60.0, 240.0, 300.0, 10


class Run:
    """One accident played to its end. fencing: 'bmc', 'lock' or 'off'; accident: 'cut' (mended at 240 s) or 'crash'."""

    def __init__(self, fencing="bmc", accident="cut", detect_s=30, seed=1):
        w = self.world = World(seed=seed)
        locks = Locks(w) if fencing == "lock" else None
        system = FailoverSystem(detect_s=detect_s, fencing=fencing, locks=locks)
        self.vim = datacenter(w, hosts=3, host=Host(), lean=False, failover=system)
        vmms = [w.components[name] for name in self.vim.hosts]
        dogs = [Watchdog(w, vmm, locks).name for vmm in vmms] if locks else []
        self.book = Ledger(w, VM, vmms)
        self.vim.create(VM, spec=Spec(datastore="san1", boot_s=BOOT_S), host=LOST)
        if accident == "cut":
            w.at(AT_S, w.cut, [self.vim.name, *([locks.name] if locks else [])], [f"{LOST}-agent", *dogs[:1]])
            w.at(MENDED_S, w.heal)
        else:
            w.at(AT_S, w.crash, LOST)
        w.run(until=END_S)
        self.fencing, self.accident, self.damage = fencing, accident, self.book.damage()
        self.copies = copies(w.trace, VM)

    # -- what the trace says -------------------------------------------------------------------------------------------
    def bands(self):
        """Bands of the time line, lane by lane."""
        return [*self._copies(), *self._belief(), *self._served()]

    def _copies(self):
        """Each copy, cut where it gets unreachable, or another one starts or ends beside it."""
        moments = {AT_S, MENDED_S, *(t for copy in self.copies for t in span_of(copy))}
        for copy in self.copies:
            start_s, end_s = span_of(copy)
            cuts = [start_s, *sorted(t for t in moments if start_s < t < end_s - 1), end_s]  # no slivers
            for left, right in zip(cuts, cuts[1:], strict=False):
                yield Band(f"copy on {copy.host}", left, right, *self._state(copy, left))

    def _state(self, copy, at_s):
        """Word and tone for a copy from this moment on."""
        if sum(start <= at_s < end for start, end in map(span_of, self.copies)) > 1:
            return "runs, twice", "bad"
        if copy.host == LOST and self.accident == "cut" and AT_S <= at_s < MENDED_S:
            return "runs, cut off", "odd"
        return "runs", "good"

    @property
    def twice(self):
        """Two copies ran at once."""
        return any(band.tone == "bad" for band in self._copies())

    def _belief(self):
        """What the VIM believes of the lost host, from its own events."""
        names = {"host is silent": "unknown", "host is fenced": "fenced", "host is connected": "connected",
                 "host is taken for dead": "taken for dead"}  # fmt: skip
        since_s, state = 0.0, "connected"
        for event in self.world.trace.where(kind="vim", src=self.vim.name, dst=LOST, what=tuple(names)):
            yield Band(f"VIM: {LOST} is", since_s, event.t, state, TONES[state])
            since_s, state = event.t, names[event.what]
        yield Band(f"VIM: {LOST} is", since_s, END_S, state, TONES[state])

    def _served(self):
        """Customers who come through the office: they reach what is not cut off."""
        new = [copy for copy in self.copies[1:] if copy.host != LOST]
        again_s = new[0].start_s + BOOT_S if new else (MENDED_S if self.accident == "cut" else END_S)
        yield Band("customers", BOOT_S, AT_S, "served", "good")
        yield Band("customers", AT_S, again_s, f"not served for {again_s - AT_S:.0f} s", "odd")
        yield Band("customers", again_s, END_S, "served", "good")

    def marks(self):
        """Moments that concern everybody."""
        told = [Mark(AT_S, "cut" if self.accident == "cut" else "dead")]
        for event in self.world.trace.where(kind=("vim", "fault"), since=AT_S):
            word = self._word(event)
            if word and all(mark.word != word for mark in told):
                told.append(Mark(event.t, word))
        return told

    def _word(self, event):
        if event.what == "watchdog reset" and event.dst == LOST:
            return "watchdog"
        if event.kind == "vim" and event.dst == LOST and event.what.startswith("verdict: "):
            return event.what.removeprefix("verdict: ")
        return {"host is fenced": "restart", "host is taken for dead": "restart", "heal": "mended"}.get(event.what)


def span_of(copy):
    """When a copy ran, within the picture."""
    return copy.start_s, END_S if copy.end_s is None else copy.end_s


TONES = {"connected": "good", "unknown": "odd", "fenced": "info", "taken for dead": "bad"}


def picture(run):
    """The time line of a Run as SVG."""
    how = next(word for word, name in FENCING.items() if name == run.fencing)
    title = f"{VM} on {LOST}, {'cut off' if run.accident == 'cut' else 'dead'} at {AT_S:.0f} s, fencing {how}"
    return line(title, run.bands(), start_s=0, end_s=END_S, marks=run.marks(), tick_s=60)


def verdict(run):
    """How it ended, in a sentence."""
    both = "two copies ran at once" if run.twice else "never two copies at once"
    return f"{both}; {run.damage}"


class Evacuation(Frame):
    """Choose fencing, accident and detection time, and see who knows what when. Arrow left and right: detection 10 s
    sooner or later.

    fencing 'bmc', 'lock' or 'off'; accident 'cut' or 'crash'; detect_s 10 to 120
    """

    keys = ("ArrowLeft", "ArrowRight")

    def __init__(self, fencing="bmc", accident="cut", detect_s=30):
        self.set = {"fencing": fencing, "accident": accident, "detect_s": detect_s}
        self._played = {}
        self._detect = None

    @property
    def run(self):
        """The Run of the present choice; played once each."""
        key = tuple(self.set.values())
        if key not in self._played:
            self._played[key] = Run(**self.set)
        return self._played[key]

    def html(self):
        run = self.run
        bad = run.twice or run.damage.lost
        said = card.Html(f"<p>{card.badge('damage' if bad else 'safe', 'bad' if bad else 'good')} ")
        said += card.text(verdict(run)) + card.Html(".</p>")
        rows = [(f"{event.t:.0f} s", event.what) for event in self.told()]
        table = card.table("What the failover system said", ("at", "what"), rows)
        return card.panel("A host is lost", card.Html(said), picture(run), table,
                          note="The lanes of copies are the world's truth; nobody inside can see them.")  # fmt: skip

    def told(self):
        """The VIM's own events about the lost host and its VM, after the accident."""
        events = self.run.world.trace.where(kind="vim", src=self.run.vim.name, since=AT_S)
        return [event for event in events if event.dst in (LOST, VM) and not event.what.startswith("orders")]

    def text(self):
        lines = [f"{band.lane}: {band.word} {band.start_s:.0f}–{band.end_s:.0f} s" for band in self.run.bands()]
        return "\n".join([*lines, verdict(self.run)])

    def controls(self):
        self._detect = number("Missed after (s)", 10, 120, self.set["detect_s"], self.turn("detect_s"), step=10)
        return [[choice("Fencing", list(FENCING.items()), self.turn("fencing"), value=self.set["fencing"]),
                 choice("Accident", list(ACCIDENTS.items()), self.turn("accident"), value=self.set["accident"]),
                 self._detect]]  # fmt: skip

    def turn(self, name):
        """A function that sets one choice and plays it."""

        def to(value):
            self.set[name] = value
            self.refresh(verdict(self.run))

        return to

    def heard(self, key):
        detect_s = min(max(self.set["detect_s"] + (10 if key == "ArrowRight" else -10), 10), 120)
        if self._live is not None:
            self._detect.value = detect_s  # comes back by turn()
        else:
            self.turn("detect_s")(detect_s)
