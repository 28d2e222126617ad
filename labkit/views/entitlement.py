"""The entitlement of six VMs on one host: who gets how many MHz right now, and why.

    web   ▐██████████░░░░░░░░░░░░▏      █ gets   ░ demands, and does not get   ╎ its share   ▲ reserved   ┃ limit

Shares, reservation, limit and demand of the chosen VM are number fields; a VM that is powered on has to pass
admission, and a refusal says how many MHz are missing. The sentences below the table are the rounds of the calculation
as the chosen VM went through them.
"""

from dataclasses import replace

from labkit.views import card
from labkit.views.frame import Frame, button, choice, number
from labkit.vmm.host import Host
from labkit.vmm.scheduling import Claim, CpuAllocation, Vm, admit, rounds, story, unreserved_mhz
from labkit.world import LabError, draw

WIDTH, LEFT, RIGHT, LANE, BAR = 880, 74, 680, 40, 20
TONES = {"share": "info", "reservation": "odd", "limit": "bad", "demand": "good", "off": "idle"}
WHY = {
    "share": "its share",
    "reservation": "its reservation: the share would be less",
    "limit": "its limit",
    "demand": "all it demands",
    "off": "powered off",
}
HOST = Host(pcpus=4, mhz=2500)
START = (  # VM, demand in MHz, powered on
    (Vm("web", 2), 4000, True),
    (Vm("db", 2, CpuAllocation("high", reservation_mhz=3000)), 5000, True),
    (Vm("mail", 1, CpuAllocation(reservation_mhz=1500)), 2500, True),
    (Vm("build", 2, CpuAllocation(limit_mhz=1500)), 5000, True),
    (Vm("idle", 1, CpuAllocation("high", reservation_mhz=1000)), 200, True),
    (Vm("erp", 4, CpuAllocation(reservation_mhz=5500)), 8000, False),
)


def lane(vm, demand, settled, share, scale, y):
    """One VM's bar with its marks."""
    got = settled.amount if settled else 0
    drawn = [draw.text(4, y + 15, vm.name, size=14, anchor="start", weight=650)]
    if settled:
        tone = TONES[settled.why]
        drawn.append(draw.rect(LEFT, y, max(demand * scale, 1), BAR, fill="panel", dash="dotted"))
        drawn.append(draw.rect(LEFT, y, max(got * scale, 1), BAR, fill=f"var(--lk-{tone})", fill_opacity=0.3))
        drawn.append(
            draw.line(LEFT + share * scale, y - 4, LEFT + share * scale, y + BAR + 4, dash="dashed", stroke="text")
        )
        drawn.append(card.mark(RIGHT + 14, y + BAR / 2, tone, size=10))
    if vm.cpu.reservation_mhz:
        drawn.append(draw.text(LEFT + vm.cpu.reservation_mhz * scale, y + BAR + 11, "▲", size=10))
    if vm.cpu.limit_mhz is not None:
        at = LEFT + vm.cpu.limit_mhz * scale
        drawn.append(draw.line(at, y - 4, at, y + BAR + 4, width=4, stroke="text"))
    said = f"{got:,.0f} MHz, {settled.why}" if settled else "powered off"
    drawn.append(draw.text(RIGHT + 26, y + 15, said, size=12, anchor="start"))
    return "".join(drawn)


def picture(vms, demands, settled, level):
    """All lanes as SVG. `settled`: {name: Settled} of those that run; `level`: MHz per share."""
    most = max([*demands.values(), *(vm.cpu.reservation_mhz for vm in vms), *(vm.cpu.limit_mhz or 0 for vm in vms), 1])
    scale = (RIGHT - LEFT) / most
    shares = {vm.name: min(level * vm.cpu.share_count(vm.vcpus), most) for vm in vms}
    body = "".join(
        lane(vm, demands[vm.name], settled.get(vm.name), shares[vm.name], scale, 24 + at * LANE)
        for at, vm in enumerate(vms)
    )
    legend = (
        "filled: gets · dotted: demands · dashed line: its share in the last round · ▲ reserved · thick line: limit"
    )
    body += draw.text(LEFT, 12, legend, size=11, anchor="start", fill="faint")
    desc = " ".join(sentence(vm, demands[vm.name], settled.get(vm.name)) for vm in vms)
    return card.drawing(WIDTH, 28 + len(vms) * LANE, body, title="Entitlement on one host", desc=desc)


def sentence(vm, demand, settled):
    """What the picture says of one VM."""
    if settled is None:
        return f"{vm.name} is powered off."
    return f"{vm.name} demands {demand:,.0f} and gets {settled.amount:,.0f} MHz: {WHY[settled.why]}."


def row(vm, demand, settled):
    """A line of the table."""
    limit = "none" if vm.cpu.limit_mhz is None else f"{vm.cpu.limit_mhz:,.0f}"
    why = settled.why if settled else "off"
    gets = f"{settled.amount:,.0f} MHz" if settled else "0 MHz"
    promised = f"{vm.cpu.share_count(vm.vcpus):,} shares, {vm.cpu.reservation_mhz:,.0f} reserved, limit {limit}"
    return (f"{vm.name} ({vm.vcpus} vCPU)", promised, f"{demand:,.0f}", card.cell(gets, TONES[why], WHY[why]))


class Entitlement(Frame):
    """Six VMs on four CPUs of 2,500 MHz: change what is promised to them and what they demand; power them on and off.

    vms   your own (Vm, demand in MHz, powered on) instead;  host  with pcpus and mhz
    Keys: up and down change the demand of the chosen VM by 100 MHz, right and left choose a VM.
    """

    keys = ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight")

    def __init__(self, vms=START, host=HOST):
        if not vms:
            raise LabError("no VM to look at", next_step="give at least one (Vm, demand in MHz, powered on)")
        self.host = host
        self.vms = {vm.name: vm for vm, _, _ in vms}
        self.demands = {vm.name: demand for vm, demand, _ in vms}
        self.on = {vm.name: on for vm, _, on in vms}
        self.chosen, self.refused, self._following = next(iter(self.vms)), "", False

    # -- what is shown -----------------------------------------------------------------------------------------------
    def running(self):
        """The VMs that are powered on."""
        return [vm for vm in self.vms.values() if self.on[vm.name]]

    def played(self):
        """The rounds of water-filling for those that run."""
        claimed = [
            Claim(
                vm.name, self.demands[vm.name], vm.cpu.share_count(vm.vcpus), vm.cpu.reservation_mhz, vm.cpu.limit_mhz
            )
            for vm in self.running()
        ]
        return rounds(self.host.pcpus * self.host.mhz, claimed)

    def settled(self):
        """{name: Settled} of those that run."""
        return {name: one for step in self.played() for name, one in step.settled.items()}

    def html(self):
        settled, played = self.settled(), self.played()
        free = unreserved_mhz(self.host, self.running())
        total, used = self.host.pcpus * self.host.mhz, sum(one.amount for one in settled.values())
        caption = f"{total:,.0f} MHz: {used:,.0f} in use, {total - free:,.0f} reserved (promised is not used)"
        rows = [row(vm, self.demands[name], settled.get(name)) for name, vm in self.vms.items()]
        now = list(self.vms).index(self.chosen)
        told = "".join(f"<li>{card.text(said)}</li>" for said in self.why())
        alert = f'<p role="alert">{card.badge("refused", "bad")} {card.text(self.refused)}</p>' if self.refused else ""
        return card.panel(
            "Entitlement",
            card.Html(alert),
            picture(list(self.vms.values()), self.demands, settled, played[-1].level if played else 0),
            card.table(caption, ("VM", "promised", "demands MHz", "gets"), rows, now=now),
            card.Html(f"<p>Why {card.text(self.chosen)} gets what it gets:</p><ol>{told}</ol>"),
            note="Shares count only while there is not enough. A reservation is a floor under the share, not a bonus.",
        )

    def why(self):
        """The sentences about the chosen VM."""
        if not self.on[self.chosen]:
            return [f"{self.chosen} is powered off: it gets nothing, and nothing is promised to it."]
        return story(self.chosen, self.played())

    def text(self):
        settled = self.settled()
        lines = [sentence(vm, self.demands[name], settled.get(name)) for name, vm in self.vms.items()]
        return "\n".join([*lines, *([f"Refused: {self.refused}"] if self.refused else []), *self.why()])

    # -- what may be done --------------------------------------------------------------------------------------------
    def controls(self):
        self._vm = choice("VM", list(self.vms), self.choose, value=self.chosen)
        self._shares = number("Shares", 1, 100_000, 1, lambda count: self.promise(shares=count), step=500)
        self._reserved = number(
            "Reservation MHz", 0, 100_000, 0, lambda mhz: self.promise(reservation_mhz=mhz), step=500
        )
        self._limit = number(
            "Limit MHz (0: none)", 0, 100_000, 0, lambda mhz: self.promise(limit_mhz=mhz or None), step=500
        )
        self._demand = number("Demand MHz", 0, 100_000, 0, self.demand, step=500)
        self.follow_fields()
        power = button("Power on or off", self.power, hint="Power the chosen VM on or off")
        return [[self._vm, power], [self._shares, self._reserved, self._limit, self._demand]]

    def choose(self, name):
        """Look after this VM from now on."""
        if self._following or name == self.chosen:
            return
        self.chosen, self.refused = name, ""
        self.follow_fields()
        self.refresh(f"{name} is chosen. {self.why()[-1]}")

    def follow_fields(self):
        """The fields show the chosen VM; what they say meanwhile is not an order."""
        if not hasattr(self, "_demand"):
            return
        vm, self._following = self.vms[self.chosen], True
        self._vm.value, self._shares.value = self.chosen, vm.cpu.share_count(vm.vcpus)
        self._reserved.value, self._limit.value = round(vm.cpu.reservation_mhz), round(vm.cpu.limit_mhz or 0)
        self._demand.value = round(self.demands[self.chosen])
        self._following = False

    def promise(self, **changed):
        """Other shares, another reservation or limit for the chosen VM; refused if it could not be kept."""
        if self._following:
            return
        vm = self.vms[self.chosen]
        self.attempt(lambda: self.admitted(replace(vm, cpu=replace(vm.cpu, **changed))))

    def admitted(self, vm):
        """Take the changed VM if the host admits it."""
        vm.cpu.fits(vm.vcpus, self.host.mhz)
        if self.on[vm.name]:
            admit(self.host, [other for other in self.running() if other.name != vm.name], vm)
        self.vms[vm.name] = vm

    def power(self):
        """Power the chosen VM on (if the host admits it) or off."""
        self.attempt(self.switch)

    def switch(self):
        if not self.on[self.chosen]:
            admit(self.host, self.running(), self.vms[self.chosen])
        self.on[self.chosen] = not self.on[self.chosen]

    def demand(self, mhz):
        """The chosen VM wants so much; never more than its vCPUs can use."""
        if not self._following:
            most = self.vms[self.chosen].vcpus * self.host.mhz
            self.demands[self.chosen] = min(max(mhz, 0), most)
            self.attempt(lambda: None)

    def attempt(self, change):
        """Do it or say why not; either way the fields show what is in force."""
        try:
            change()
            self.refused = ""
        except LabError as error:
            self.refused = str(error)
        self.follow_fields()
        self.refresh(self.refused or self.why()[-1])

    def heard(self, key):
        names = list(self.vms)
        if key in ("ArrowUp", "ArrowDown"):
            self.demand(self.demands[self.chosen] + (100 if key == "ArrowUp" else -100))
        else:
            at = names.index(self.chosen) + (1 if key == "ArrowRight" else -1)
            self.choose(names[at % len(names)])
