"""Where does a VM go? Hosts as bars of free memory; filter after filter crosses some out, the weighers order the rest.

    esx1  ▐██████░░░░░░▏┊   ✕ memory: 6,144 MiB free …      █ free   ░ promised   ┊ what the VM needs
    esx2  ▐█████████████┊   ✕ state: maintenance: in
    esx3  ▐██████████░░░┊   ● 1. 10,240 MiB free: chosen

Of many hosts the bars show the best ten, and a funnel how many each filter leaves. The table says the same in words.
"""

from labkit.views import card
from labkit.views.frame import Frame, button, choice, number
from labkit.vim.placement import Request
from labkit.vim.spec import Spec
from labkit.world import LabError, draw

WIDTH, LEFT, RIGHT, LANE, BAR = 880, 96, 500, 36, 20
MOST = 16  # hosts that are drawn one by one
LETTERS = 50


class Placing(Frame):
    """Pick a size, a group, a project and see which hosts are dropped by what, and which one wins.

    of        a Vim or a Placement; hosts are shown as they are now
    request   a placement.Request to begin with: its VM's name and its spec's other wishes stay
    Keys: right and left apply the next filter or take the last one back, Home begins, End decides.
    """

    keys = ("ArrowRight", "ArrowLeft", "Home", "End")

    def __init__(self, of, request=None):
        self.placement = getattr(of, "placement", of)
        request = request or Request(Spec(memory_mib=4096), vm="new")
        self.vm, self.spec = request.vm, request.spec
        self.group = next(iter(request.groups), None)
        self.project, self.within, self.step = request.project, request.within, 0

    # -- what is shown -----------------------------------------------------------------------------------------------
    def request(self):
        """What is asked for now."""
        groups = () if self.group is None else (self.group,)
        return Request(self.spec, self.vm, groups, self.project, self.within)

    def said(self):
        """The Explanation; the step is kept within it."""
        found = self.placement.explain(self.request())
        self.step = min(self.step, self.steps(found))
        return found

    @staticmethod
    def steps(said):
        """Every filter that drops somebody is a step, and the weighing is the last."""
        return len(said.stages) + 1

    def lanes(self, said):
        """(host record, the stage that has dropped it by now or None, why, its place among the weighed or None)."""
        hosts = self.placement.capacity.hosts
        out = {at: (stage, why) for stage in said.stages[: self.step] for at, _, why in stage.reasons}
        places = {each.index: place for place, each in enumerate(said.weighed)}
        shown = hosts if len(hosts) <= MOST else [hosts[at] for at in places]
        return [(host, *out.get(host.index, (None, "")), places.get(host.index)) for host in shown]

    def html(self):
        try:
            said = self.said()
        except LabError as error:
            return card.panel("Where does it go?", card.Html(f'<p role="alert">{card.text(error)}</p>'))
        end = self.step == self.steps(said)
        rows = [(stage.filter, stage.dropped, stage.left, words(stage)) for stage in said.stages]
        rows.append(("weighers", "–", said.passed, best(said) if end else "…"))
        now = self.step - 1 if self.step else None
        return card.panel(
            said.heading,
            card.Html(f"<p>{card.text(self.sentence(said))}</p>"),
            self.picture(said, end),
            card.table("Filter by filter, each asked of the hosts that are left", HEAD, rows, now=now),
            note="A host that fails one filter is out, however empty. Weighers only order who is left.",
        )

    def text(self):
        return str(self.placement.explain(self.request()))

    def sentence(self, said):
        """What this step has done."""
        if self.step == 0:
            return f"{said.hosts} hosts. Nothing has been asked yet: press the right arrow key."
        if self.step <= len(said.stages):
            stage = said.stages[self.step - 1]
            return f"Filter {stage.filter}: drops {stage.dropped} of {stage.asked}, leaves {stage.left}."
        if said.winner:
            return f"Chosen: {said.winner}. {best(said)}"
        return f"No valid host: {said.never or 'nobody is left'}."

    def picture(self, said, end):
        """The bars, above them the funnel if there are many hosts."""
        many = said.hosts > MOST
        lanes = self.lanes(said) if not many or end else []
        top = 30 + (funnel_height(said) if many else 0)
        most = int(self.placement.capacity.total["memory"].max())
        scale = (RIGHT - LEFT) / max(most, 1)
        need = LEFT + min(self.spec.memory_mib, most) * scale
        body = legend() + (funnel(said, self.step) if many else "")
        body += "".join(
            self.lane(said, lane, end, top + at * LANE, scale, need) for at, lane in enumerate(lanes)
        )  # fmt: skip
        desc = " ".join([self.sentence(said), *(self.of_lane(said, lane, end) for lane in lanes)])
        return card.drawing(WIDTH, top + max(len(lanes), 1) * LANE, body, title="Hosts and filters", desc=desc)

    def lane(self, said, lane, end, y, scale, need):
        """One host."""
        host, stage, why, place = lane
        total = int(self.placement.capacity.total["memory"][host.index])
        free = max(self.placement.free(host)["memory_mib"], 0)
        tone = "bad" if stage else "good" if end and place == 0 else "info"
        drawn = [
            draw.text(4, y + 15, host.name, size=13, anchor="start", weight=650),
            draw.rect(LEFT, y, max(total * scale, 1), BAR, fill="panel", dash="dotted"),
            draw.rect(LEFT, y, max(free * scale, 1), BAR, fill=f"var(--lk-{tone})", fill_opacity=0.3, stroke="none"),
            draw.line(need, y - 4, need, y + BAR + 4, dash="dashed", stroke="text"),
        ]
        if stage:
            drawn.append(draw.line(LEFT, y + BAR / 2, LEFT + total * scale, y + BAR / 2, stroke="orange", width=2))
        words = self.of_lane(said, lane, end).removeprefix(f"{host.name}: ")
        drawn.append(card.mark(RIGHT + 16, y + BAR / 2, tone if stage or end else "idle", size=10))
        short = words if len(words) <= LETTERS else words[: LETTERS - 1] + "…"
        drawn.append(draw.text(RIGHT + 30, y + 15, short, size=12, anchor="start"))
        return "".join(drawn)

    def of_lane(self, said, lane, end):
        """One host in words."""
        host, stage, why, place = lane
        if stage:
            return f"{host.name}: {stage.filter}: {why}"
        free = self.placement.free(host)
        if end and place is not None:
            chosen = ": chosen" if place == 0 else ""
            return f"{host.name}: {place + 1}. {said.weighed[place].words()}{chosen}"
        return f"{host.name}: {free['memory_mib']:,} MiB, {free['vcpus']} vCPU, {free['disk_gib']:,.10g} GiB free"

    # -- what may be done --------------------------------------------------------------------------------------------
    def controls(self):
        rules = self.placement.rules.all.values()
        groups = sorted({rule.group for rule in rules if rule.group} | ({self.group} - {None}))
        projects = sorted({rule.project for rule in rules if rule.project} | ({self.project} - {None}))
        clusters = sorted(name for name in self.placement.capacity.labels.known["cluster"] if name is not None)
        stores = [("each host's own disk", None), *((name, name) for name in sorted(self.placement.capacity.shared))]
        self._size = [
            number("vCPUs", 1, 512, self.spec.vcpus, lambda value: self.resize(vcpus=value)),
            number("Memory (MiB)", 4, 16_777_216, round(self.spec.memory_mib),
                   lambda value: self.resize(memory_mib=value), step=1024),
            choice("Disk on", stores, lambda value: self.resize(datastore=value), value=self.spec.datastore),
        ]  # fmt: skip
        who = [choice(word, [("none", None), *((name, name) for name in names)], self.turn(name), value=value)
               for word, names, name, value in (("Group", groups, "group", self.group),
                                                ("Project", projects, "project", self.project),
                                                ("Cluster", clusters, "within", self.within)) if names]  # fmt: skip
        steps = [button("Begin", lambda: self.heard("Home")), button("Filter back", lambda: self.heard("ArrowLeft")),
                 button("Next filter", lambda: self.heard("ArrowRight")),
                 button("Decide", lambda: self.heard("End"))]  # fmt: skip
        return [self._size, *([who] if who else []), steps]

    def resize(self, **values):
        """Another size, from the beginning."""
        fields = self.spec.__dataclass_fields__
        self.act(lambda: self._take(Spec(**{**{name: getattr(self.spec, name) for name in fields}, **values})))

    def _take(self, spec):
        self.spec, self.step = spec, 0
        return self.sentence(self.said())

    def turn(self, name):
        """A function that sets one of group, project and within, and begins anew."""

        def to(value):
            setattr(self, name, value)
            self.act(lambda: self._take(self.spec))

        return to

    def heard(self, key):
        last = self.steps(self.said())
        self.step = {"Home": 0, "End": last, "ArrowLeft": max(self.step - 1, 0)}.get(key, min(self.step + 1, last))
        self.refresh(self.sentence(self.said()))


HEAD = ("filter", "drops", "leaves", "because")


def words(stage):
    """The reasons of a filter, a few of them."""
    few = [f"{name}: {why}" for _, name, why in stage.reasons[:6]]
    return "; ".join(few + [f"… and {stage.dropped - len(few):,} more"] * (stage.dropped > len(few)))


def best(said):
    """The best three with their numbers."""
    return "; ".join(f"{each.host}: {each.words()}" for each in said.weighed[:3]) or "nobody is left"


def legend():
    """What the bars mean."""
    told = "filled: free memory · dotted: all of the host · dashed line: what the VM needs · struck out: dropped"
    return draw.text(4, 14, told, size=12, anchor="start", fill="faint")


def funnel_height(said):
    return 34 * (len(said.stages) + 1) + 10


def funnel(said, step):
    """How many hosts are left after each filter, as bars."""
    drawn, rows = [], [("all hosts", said.hosts), *((stage.filter, stage.left) for stage in said.stages)]
    for at, (name, left) in enumerate(rows):
        y, lit = 28 + at * 34, at <= step
        width = (RIGHT - LEFT) * left / max(said.hosts, 1)
        drawn.append(draw.text(4, y + 15, name[:13], size=13, anchor="start", weight=650 if lit else None))
        drawn.append(draw.rect(LEFT, y, max(width, 1), BAR, fill="blue" if lit else "panel", fill_opacity=0.35))
        drawn.append(draw.text(RIGHT + 30, y + 15, f"{left:,} left" if lit else "…", size=12, anchor="start"))
    return "".join(drawn)
