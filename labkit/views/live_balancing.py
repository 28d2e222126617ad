"""Hosts as bars, VMs as their parts, migrations as arcs: a balancer at work on a noisy load.

          ╭── vm7 ──▶╮
    100 % ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄      moves per hour, those that went back, 95 % of all requests within …
      ▐███▌         ▐██▌
      ▐███▌  ▐███▌  ▐██▌              threshold, hysteresis and noise: the same hours once more, with other settings
       esx1   esx2   esx3             demand of a VM: from now on

It is a Rehearsal: the regulator and the search are those of the real balancer. Every change of the settings begins the
same hours again (same seed, same luck), so what differs is what the setting did.
"""

from collections import defaultdict

from labkit.views import card
from labkit.views.frame import Frame, button, choice, number
from labkit.vim.balancing import Rehearsal, alike
from labkit.world import World, draw

WIDTH, HEIGHT, BASE, FULL, LEFT, BAR = 880, 380, 340, 210, 60, 96
NERVOUS = {"stop": 1, "hold": 1, "rest_s": 0}
HOUR_S, PASS_S = 3600, 300


def bar(host, load, vms, x, marked, chosen):
    """One host: its VMs on top of one another, as high as their part of the host."""
    drawn, y = [], float(BASE)
    for vm in vms:
        tall = FULL * vm.demand_mhz / host.capacity_mhz
        y -= tall
        fill = "orange" if vm.name in marked else "blue"
        edge = {"stroke": "text", "stroke_width": 2.5} if vm.name == chosen else {}
        drawn.append(draw.rect(x, y, BAR, max(tall - 1, 0.5), fill=fill, rounded=1, fill_opacity=0.35, **edge))
        if tall >= 12:
            drawn.append(draw.text(x + BAR / 2, y + tall / 2 + 4, vm.name, size=11))
    name = f"{host.name}: {load:.0%}"
    return "".join(drawn) + draw.text(x + BAR / 2, BASE + 18, name, weight=650, size=13)


def arcs(moves, places):
    """The migrations of the last pass, those between the same two hosts together."""
    pairs = defaultdict(list)
    for move in moves:
        pairs[move.source, move.target].append(move.vm)
    drawn = []
    for number_, ((source, target), names) in enumerate(pairs.items()):
        x1, x2 = places[source] + BAR / 2, places[target] + BAR / 2
        top, foot = 66 - 20 * (number_ % 5), 92
        path = f"M{x1:.0f} {foot}C{x1:.0f} {top} {x2:.0f} {top} {x2:.0f} {foot - 6}"
        drawn.append(draw.element("path", d=path, stroke=draw.colour("orange"), stroke_width=2, fill="none"))
        drawn.append(draw.arrow_head(x2, foot - 12, x2, foot, fill="orange"))
        words = ", ".join(names) if len(names) < 4 else f"{len(names)} VMs"
        drawn.append(draw.text((x1 + x2) / 2, foot / 4 + 0.75 * top - 4, words, size=11))
    return "".join(drawn)


def picture(played, chosen):
    """Bars, the line at 100 %, and the arcs, as SVG."""
    gap = (WIDTH - LEFT - 20) / len(played.hosts)
    places = {host.name: LEFT + gap * at + (gap - BAR) / 2 for at, host in enumerate(played.hosts)}
    last = [move for move in played.done if move.start_s == played.passed_s]
    marked, loads = {move.vm for move in last}, played.loads
    body = [draw.line(LEFT, BASE - FULL, WIDTH - 10, BASE - FULL, dash="dashed"),
            draw.text(LEFT - 6, BASE - FULL + 4, "100 %", anchor="end", fill="faint"),
            draw.line(LEFT, BASE, WIDTH - 10, BASE),
            draw.text(LEFT - 6, BASE + 4, "0", anchor="end", fill="faint")]  # fmt: skip
    for host in played.hosts:
        vms = [vm for vm in played.vms.values() if vm.host == host.name]
        body.append(bar(host, loads[host.name], vms, places[host.name], marked, chosen))
    body.append(arcs(last, places))
    return card.drawing(WIDTH, HEIGHT, "".join(body), title="Load of the hosts", desc=" ".join(sentences(played)))


def sentences(played):
    """The picture in words."""
    counts = {host.name: sum(vm.host == host.name for vm in played.vms.values()) for host in played.hosts}
    told = [f"{name} {load:.0%} with {counts[name]} VMs." for name, load in played.loads.items()]
    last = [f"{move.vm} from {move.source} to {move.target}" for move in played.done if move.start_s == played.passed_s]
    return [*told, f"Last pass: {', '.join(last)}." if last else "Last pass: no move."]


class LiveBalancing(Frame):
    """A balancer under your hand. Key: arrow right is a pass of five minutes.

    hosts, vms     so many hosts with so many VMs each; mean_mhz: demanded by a VM on average (a host has 10,000)
    threshold_pct  imbalance in % above which VMs are moved (0: no balancer)
    hysteresis     'on': a load must hold, start and stop differ, moved VMs rest; 'off': none of them
    noise_pct, lasts_s   how far demands wander, and how long a deviation lasts
    """

    keys = ("ArrowRight",)

    def __init__(
        self, hosts=5, vms=8, mean_mhz=850, threshold_pct=9, hysteresis="on", noise_pct=50, lasts_s=20, seed=2
    ):
        self.size, self.seed, self.lasts_s = (hosts, vms, mean_mhz), seed, lasts_s
        self.set = {"threshold_pct": threshold_pct, "hysteresis": hysteresis, "noise_pct": noise_pct}
        self.chosen, self._following = "vm1", False
        self.again()

    def again(self):
        """The same hours from the beginning, with the present settings."""
        target = self.set["threshold_pct"] / 100
        options = {} if self.set["hysteresis"] == "on" else NERVOUS
        self.world = World(seed=self.seed)
        self.played = Rehearsal(
            self.world, *alike(*self.size), noise=self.set["noise_pct"] / 100, lasts_s=self.lasts_s,
            period_s=PASS_S if target else None, target=target or None, **options)  # fmt: skip
        self.world.run(until=1)  # so that five minutes later a pass has been made

    def run(self, seconds):
        """Play on."""
        self.world.run(until=self.world.now + seconds)
        self.refresh(self.figures())

    # -- what is shown ---------------------------------------------------------------------------------------------
    def figures(self):
        """The numbers that count."""
        played, hours = self.played, self.world.now / HOUR_S
        return (
            f"After {hours:.2g} h: {len(played.done)} migrations, {played.moves_per_hour:.0f} per hour, "
            f"{played.returned} went back within 10 min; p95 of the response times {played.p95_s:.2f} s; "
            f"imbalance {played.imbalance:.3f}."
        )

    def html(self):
        advice = self.played.advice
        moves = f"{len(advice.moves)} move{'s' * (len(advice.moves) != 1)}" if advice is not None else ""
        why = f"Last pass: {moves}; then no more: {advice.why}." if moves else "No pass yet."
        said, because = (card.Html(f"<p>{card.text(words)}</p>") for words in (self.figures(), why))
        note = "One line of requests per host; copying takes CPU on both hosts. Settings begin the same hours again."
        return card.panel("Live balancing", said, picture(self.played, self.chosen), because, note=note)

    def text(self):
        return "\n".join([self.figures(), *sentences(self.played)])

    # -- what may be done ------------------------------------------------------------------------------------------
    def controls(self):
        self._demand = number("Its demand (MHz)", 0, 20_000, self._mean(), self.demand, step=500)
        return [
            [button("A pass (5 min)", lambda: self.run(PASS_S)), button("An hour", lambda: self.run(HOUR_S)),
             button("From the beginning", self._restart)],
            [number("Threshold (% imbalance, 0: no balancer)", 0, 50, self.set["threshold_pct"],
                    self.turn("threshold_pct")),
             choice("Hysteresis", ["on", "off"], self.turn("hysteresis"), value=self.set["hysteresis"]),
             number("Noise (%)", 0, 100, self.set["noise_pct"], self.turn("noise_pct"), step=10)],
            [choice("VM", list(self.played.vms), self.choose, value=self.chosen), self._demand],
        ]  # fmt: skip

    def _mean(self):
        return round(self.played.means[self.chosen])

    def _restart(self):
        self.again()
        self.refresh("Everything is as it was in the beginning.")

    def turn(self, name):
        """A function that sets one value and plays as long as before, from the beginning."""

        def to(value):
            self.set[name], hours_s = value, self.world.now
            self.again()
            self.world.run(until=hours_s)
            self.refresh(self.figures())

        return to

    def choose(self, name):
        """Mark this VM; the demand field shows its mean."""
        self.chosen = name
        if self._live is not None:
            self._following, self._demand.value = True, self._mean()
            self._following = False
        self.refresh(f"{name} runs on {self.played.vms[name].host} and demands {self._mean():,} MHz on average.")

    def demand(self, mhz):
        """The chosen VM demands so much on average, from now on."""
        if not self._following:
            self.played.demand(self.chosen, mhz)
            self.refresh(f"{self.chosen} demands {mhz:,} MHz from now on.")

    def heard(self, key):
        self.run(PASS_S)
