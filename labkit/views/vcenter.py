"""vCenter as its administrator sees it: the inventory as a tree, the chosen thing, recent tasks, alarms, and buttons.

    ▾ datacenter1                          erp            vCenter says: ● powered on
      ▾ prod                               CPU    ▮▮▮▮▯▯▯▯ 1,200 of 2,500 MHz
        ▾ esx1  ● connected                Recent tasks:  task-9 powerOn erp ● success
            erp ● powered on               Alarms:        none

All of it is what vpxd believes. A switch sets beside it what is so, which no vCenter can show. Every button is a call
of the vSphere API or, 'past vCenter', of one host's own. When vpxd is down the tree stays as it was, in grey.

What the real one does differently (vSphere Client, document-only): it is a web page that is told of changes; hosts and
clusters, VMs and folders, storage and networks are four trees; it has no buttons for stopping daemons.
"""

from labkit.views import card, vcenter_details
from labkit.views.frame import Frame, button, choice, number, text_field
from labkit.views.vcenter_rows import WINDOW, believed, tree_html
from labkit.views.vcenter_tree import Tree, split
from labkit.world.errors import LabError

KEYS = ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "PageUp", "PageDown", "Enter")
FAULTS = ("vpxd", "vpxa", "hostd", "host")
ALONE = {  # why a host client cannot do it
    "migrate": "vMotion needs somebody who speaks to both hosts: vCenter",
    "enter_maintenance": "a real host client can, once the host is empty; ours cannot",
    "exit_maintenance": "a real host client can; ours cannot",
}
DOORS = ("through vCenter", "past vCenter (host client)")


class VCenterView(Frame):
    """The view of a VCenter. truth: show also what is so; step_s: seconds that 'Let time pass' lets pass.

    Keys, as in every tree: arrow up and down choose, right opens, left closes or goes up, Enter does one or the other,
    Home, End and Page Up/Down jump.
    """

    keys = KEYS

    def __init__(self, vcenter, truth=False, step_s=10):
        self.vcenter, self.truth, self.step_s = vcenter, truth, step_s
        self.tree, self.told, self.as_of_s = Tree(vcenter), {}, 0.0
        self.target, self.door, self.part = "", DOORS[0], "vpxd"

    @property
    def up(self):
        """Does vpxd run?"""
        return self.vcenter.vim.alive

    @property
    def chosen(self):
        """The key of the chosen thing: 'host:esx1'."""
        return self.tree.chosen

    # -- what is shown -----------------------------------------------------------------------------------------------
    def html(self):
        self.tree.look()
        alarms = vcenter_details.alarms(self.vcenter) if self.up else []
        self._note()
        tree = tree_html(self.tree, {on for _, on, *_ in alarms}, self.told, self.truth)
        right = vcenter_details.details(self.vcenter, self.chosen, self.truth) if self.up else self._down()
        columns = card.Html(f'<div class="lk-columns"><div>{tree}</div><div>{right}</div></div>')
        lists = "".join(self._lists(alarms)) if self.up else ""
        page = card.Html(f'<div class="lk-vcenter">{columns}{lists}</div>')
        return card.panel(f"vCenter at {self.vcenter.world.now:,.0f} s", page,
                          note="The tree is what vpxd believes, by the hosts' last reports.")  # fmt: skip

    def _note(self):
        """Keep what vCenter says of the rows that are drawn: it is all there is when vpxd is down."""
        if self.up:
            self.as_of_s = self.vcenter.world.now
            for row in self.tree.drawn(WINDOW)[0]:
                self.told[row.key] = believed(self.vcenter, row.key)

    def _lists(self, alarms):
        return vcenter_details.tasks(self.vcenter), vcenter_details.alarm_table(self.vcenter, alarms)

    def _down(self):
        """vpxd cannot be asked."""
        so = vcenter_details.so_it_is(self.vcenter, self.chosen) if self.truth else ""
        real = f"<p>So it is: {card.text(so)}.</p>" if so else ""
        return (
            f"<p>{card.badge('vpxd is down', 'bad')}</p><p>The tree is as vpxd left it at {self.as_of_s:,.0f} s. What "
            "has happened since, it does not know. The VMs do not need it, nor does vSphere HA; each host has a door "
            f"of its own: act <em>past vCenter</em>.</p>{real}"
        )

    def text(self):
        self.tree.look()
        self._note()
        head = f"vCenter at {self.vcenter.world.now:,.0f} s" + (
            "" if self.up else f": vpxd is down, this was at {self.as_of_s:,.0f} s"
        )
        lines = [f"{'  ' * row.level}{split(row.key)[1]}: {self.told.get(row.key, ('?',))[0]}"
                 for row in self.tree.drawn(WINDOW)[0]]  # fmt: skip
        return "\n".join([head, *lines])

    # -- keys and clicks ---------------------------------------------------------------------------------------------
    def heard(self, key):
        self.act(lambda: self.tree.key(key))

    def clicked(self, what):
        def change():
            if what == self.chosen:
                self.tree.turn(what)
            self.tree.choose(what)

        self.act(change)

    # -- the hand ----------------------------------------------------------------------------------------------------
    def controls(self):
        power = (("Power on", "power_on"), ("Power off", "power_off"), ("Suspend", "suspend"),
                 ("Shut down guest", "shutdown_guest"))  # fmt: skip
        return [
            [*(button(word, self.doing(name)) for word, name in power),
             choice("Act", list(DOORS), self.turn("door")), text_field("Find", "erp or esx1", self.find, width="14em")],
            [text_field("Migrate to", "host; empty: vCenter chooses", self.turn("target"), width="22em"),
             button("Migrate", self.migrate), button("Enter maintenance", self.doing("enter_maintenance", "host")),
             button("Exit maintenance", self.doing("exit_maintenance", "host"))],
            [choice("Fault at", list(FAULTS), self.turn("part")), button("Break it", self.break_it),
             button("Start it again", self.mend), number("Seconds", 1, 86_400, self.step_s, self.turn("step_s")),
             button("Let time pass", self.pass_time),
             choice("Show", [("what vCenter believes", False), ("and what is so", True)], self.turn("truth"),
                    value=self.truth)],
        ]  # fmt: skip

    def turn(self, name):
        """A function that sets one value and draws."""

        def to(value):
            setattr(self, name, value)
            self.refresh()

        return to

    def doing(self, act, kind="vm"):
        """What a button does: `act` with the chosen VM or host."""
        return lambda: self.act(lambda: self.order(act, self.need(kind)))

    def need(self, kind):
        """Name of the chosen thing. LabError if it is of another kind."""
        if kind == "host":
            host = self.tree.host_of(self.chosen)
            if host is not None:
                return host
        elif split(self.chosen)[0] == kind:
            return split(self.chosen)[1]
        raise LabError(
            f"choose a {'VM' if kind == 'vm' else kind} in the tree first", next_step="arrow keys, or a click"
        )

    def order(self, act, name, *more):
        """Send an order through the chosen door; what was answered, in words."""
        if self.door == DOORS[0]:
            task = getattr(self.vcenter, act)(name, *more)
            info = task.ask()
            return f"{task.reference}, {info['descriptionId']} of {name}: {info['state']}"
        host = self.need("host")
        client = self.vcenter.host_client(host)
        if not hasattr(client, act):
            raise LabError(f"past vCenter there is no '{act.replace('_', ' ')}' here", next_step=ALONE[act])
        getattr(client, act)(name)
        return f"{host}-hostd has done it: {act.replace('_', ' ')} {name}"

    def migrate(self):
        """vMotion of the chosen VM."""
        self.act(
            lambda: self.order("migrate", self.need("vm"), *([self.target.strip()] if self.target.strip() else []))
        )

    def find(self, name):
        """Choose a VM or host by its name; the branches down to it open."""
        if name.strip():
            self.act(lambda: self.tree.reveal(name.strip()))

    def node(self):
        """Name of the node that a fault strikes."""
        if self.part == "vpxd":
            return "vpxd"
        host = self.need("host")
        return host if self.part == "host" else f"{host}-{self.part}"

    def break_it(self):
        """Stop the process, or crash the whole host."""

        def change():
            node = self.node()
            (self.vcenter.world.crash if self.part == "host" else self.vcenter.world.stop)(node)
            return f"{node} is {self.vcenter.world.nodes[node].state}"

        self.act(change)

    def mend(self):
        """Start it again."""

        def change():
            node = self.node()
            self.vcenter.world.start(node)
            return f"{node} runs"

        self.act(change)

    def pass_time(self):
        """Let `step_s` pass."""

        def change():
            world = self.vcenter.world
            world.run(until=world.now + self.step_s)
            return f"It is {world.now:,.0f} s"

        self.act(change)
