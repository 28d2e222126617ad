"""Each safeguard of the VIM alone: agents whose reports are written by hand, so that only it stands between the VIM and
a mistake. Without it the test fails, whatever else would have caught the mistake later."""

import pytest

from labkit.vim import Spec, Vim
from labkit.vim.agent import Agent, described
from labkit.vmm import Host
from labkit.vmm.lean import LeanVmm, Store
from labkit.world import World

SHARED = Spec(memory_mib=1024, datastore="san1")


class Hand:
    """An agent and a BMC that say what the story says; `orders`: what the agent was ordered."""

    def __init__(self, world, vmm):
        self.world, self.vmm, self.orders, self.asked, self.power_is = world, vmm, [], 0, "off"
        self.boot, self.power, self.seq, self.delta = 1, 1, 0, 0
        world.node(f"{vmm.name}-agent", serve=self._hear)
        world.node(f"{vmm.name}-bmc", serve=lambda message: {"power": self.power_is})

    def _hear(self, message):
        if message.what == "orders":
            self.orders += message.detail["orders"]
        self.asked += message.what == "describe"

    def tell(self, *rows, full=False, errors=(), **other):
        """A report with these rows [vm, state, n]."""
        self.seq += 1
        self.delta += 1
        rows = [[*row, 0, 0] for row in rows]
        detail = {"host": self.vmm.name, "boot": self.boot, "power": self.power, "seq": self.seq, "delta": self.delta,
                  "full": full, "manager": True, "vms": rows, "errors": list(errors)} | other  # fmt: skip
        if full:
            detail["hardware"] = described(self.vmm.host, ("san1",))
        self.world.cast(f"{self.vmm.name}-agent", "vim", "vim", "report", **detail)
        self.world.run(until=self.world.now + 0.1)

    def got(self, vm="web"):
        """Verbs of the orders about a VM, in the order in which they came; each n once."""
        return [verb for verb, _ in dict.fromkeys((order[0], order[2]) for order in self.orders if order[1] == vm)]


class Center:
    """Two hosts, or three, that are only played, and a VIM above them."""

    def __init__(self, hosts=2, **options):
        self.world = World(seed=1)
        store = Store(self.world, "san1", 1000)
        vmms = [LeanVmm(self.world, f"esx{i}", Host(memory_mib=4096), stores=[store]) for i in range(1, hosts + 1)]
        self.hands = [Hand(self.world, vmm) for vmm in vmms]
        self.vim = Vim(self.world, hosts=vmms, **options)
        for hand in self.hands:
            hand.tell(full=True)

    @property
    def web(self):
        return self.vim.vms["web"]

    def later(self, seconds):
        """Time passes, and hosts go on saying that nothing is new."""
        for _ in range(int(seconds)):
            self.world.run(until=self.world.now + 1)
            for hand in self.hands:
                hand.seq += 1
                self.world.cast(f"{hand.vmm.name}-agent", "vim", "vim", "report", host=hand.vmm.name, boot=hand.boot,
                                power=hand.power, seq=hand.seq, delta=hand.delta, full=False, manager=True)  # fmt: skip

    def made(self):
        """'web' runs on esx1."""
        self.vim.create("web", spec=SHARED, host="esx1")
        self.world.run(until=self.world.now + 0.1)
        self.hands[0].tell(["web", "running", self.web.n])
        return self

    def moving(self):
        """'web' is on its way from esx1 to esx2."""
        self.made().vim.migrate("web", "esx2")
        self.world.run(until=self.world.now + 0.1)
        assert self.hands[0].got() == ["run", "migrate"]
        return self


# -- one host may still have a copy ------------------------------------------------------------------------------------
def test_nothing_starts_here_before_the_other_host_has_confirmed_that_it_has_nothing():
    center = Center().made()
    one, two = center.hands
    center.vim.stop("web")
    center.later(1)
    one.tell(["web", "off", center.web.n])
    center.vim.migrate("web", "esx2")
    center.vim.start("web")
    center.later(30)
    assert one.got()[-1] == "drop" and two.got() == [], "nobody knows what esx1 has"
    one.tell(["web", "absent", center.web.n - 1])
    center.later(15)
    assert two.got() == [], "what it said belongs to an older order"
    one.tell(["web", "absent", center.web.n])
    center.later(1)
    assert two.got() == ["run"]


@pytest.mark.parametrize("first", ["source", "target"])
def test_a_vm_has_moved_when_both_hosts_have_told(first):
    center = Center().moving()
    one, two = center.hands
    rows = {"source": (one, ["web", "absent", center.web.n]), "target": (two, ["web", "running", 0])}
    host, row = rows.pop(first)
    host.tell(row)
    assert center.web.host.name == "esx1" and center.web.target.name == "esx2", "one of them is not enough"
    for host, row in rows.values():
        host.tell(row)
    assert center.web.host.name == "esx2" and center.web.target is None


def test_a_report_from_before_the_migration_does_not_end_it():
    center = Center().moving()
    center.hands[0].tell(["web", "running", center.web.n - 1])
    assert center.web.target.name == "esx2"
    center.hands[0].tell(["web", "running", center.web.n])
    assert center.web.target is None


def test_a_target_of_a_migration_that_failed_is_told_to_drop_what_it_has():
    center = Center().moving()
    center.hands[0].tell(["web", "running", center.web.n])
    center.later(1)
    assert center.hands[1].got() == ["drop"] and center.web.also == ("esx2",)


def test_a_vm_that_is_stopped_on_its_way_is_stopped_at_both_ends():
    center = Center().moving()
    center.vim.stop("web")
    center.later(1)
    assert center.hands[0].got()[-1] == "off" and center.hands[1].got() == ["drop"]


def test_a_source_that_was_switched_off_and_on_has_certainly_handed_over_what_runs_at_the_target():
    center = Center().moving()
    one, two = center.hands
    one.boot, one.power, one.seq = 2, 2, 0
    one.tell(full=True)
    two.tell(["web", "running", 0])
    assert center.web.host.name == "esx2" and center.web.target is None


def test_what_was_lost_on_the_way_starts_again_and_the_target_drops_what_it_may_find():
    center = Center().moving()
    one, two = center.hands
    one.tell(["web", "absent", center.web.n])
    center.later(1)
    two.tell(full=True)
    center.later(1)
    assert two.got() == ["drop"] and one.got() == ["run", "migrate"], "it is held until the target has confirmed"
    two.tell(["web", "absent", center.web.n])
    center.later(1)
    assert one.got() == ["run", "migrate", "run"]


def test_a_target_that_had_it_and_was_fenced_has_left_its_lock_on_the_disk():
    center = Center().moving()
    center.hands[0].tell(["web", "absent", center.web.n])
    center.vim.fenced("esx2")
    center.later(1)
    assert center.hands[0].got()[-1] == "take", "a plain run would be refused"


# -- reports -----------------------------------------------------------------------------------------------------------
def test_a_report_of_an_earlier_start_is_ignored():
    center = Center().made()
    one, n = center.hands[0], center.web.n
    one.boot, one.seq, one.delta = 2, 0, 0
    one.tell(["web", "running", n], full=True)
    one.tell(["web", "off", n], boot=1, seq=99)
    assert center.web.seen == "running" and center.vim.hosts["esx1"].boot == 2


def test_a_change_after_one_that_was_lost_is_not_applied_but_asked_for():
    center = Center().made()
    one, n = center.hands[0], center.web.n
    asked = one.asked
    center.later(10)
    one.delta += 1
    one.tell(["web", "paused", n])
    assert center.web.seen == "running" and one.asked > asked
    one.tell(["web", "paused", n], full=True)
    assert center.web.seen == "paused"


def test_what_a_full_report_does_not_list_is_not_there():
    center = Center().made()
    center.hands[0].tell(full=True)
    assert center.web.reported == "absent"
    center.later(15)
    assert len(center.hands[0].orders) == 2, "it is ordered again"


def test_a_refusal_of_an_older_order_says_nothing_about_this_one():
    center = Center().made()
    center.vim.pause("web")
    center.later(1)
    center.hands[0].tell(errors=[["web", center.web.n - 1, 409, "no"]])
    assert center.web.error is None
    center.hands[0].tell(errors=[["web", center.web.n, 409, "no"]])
    assert center.web.error.message == "no"


# -- fences ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("guessed", "state"), [(False, "fenced"), (True, "unknown")])
def test_a_fence_outlives_the_process_and_a_guess_does_not(guessed, state):
    center = Center().made()
    center.vim.fenced("esx1", guessed=guessed)
    center.world.run(until=center.world.now + 0.1)
    center.world.crash("vim")
    center.world.start("vim")
    assert center.vim.hosts["esx1"].state == state


def test_a_bmc_that_does_not_say_off_has_not_fenced():
    center = Center().made()
    center.hands[0].power_is = "on"
    done = []

    def fence():
        done.append((yield from center.vim.fence(center.vim.hosts["esx1"])))

    center.vim.node.process(fence())
    center.later(5)
    assert done == [False] and center.vim.hosts["esx1"].state == "connected"


def test_starting_a_vm_of_a_fenced_host_starts_it_elsewhere():
    center = Center().made()
    center.vim.fenced("esx1")
    center.vim.stop("web")
    center.vim.start("web")
    center.world.run(until=center.world.now + 1)
    assert center.web.host.name == "esx2" and center.hands[1].got() == ["take"]


def test_a_vim_that_has_just_started_hears_its_hosts_first_and_chooses_then():
    center = Center(3)
    center.vim.create("big", spec=Spec(memory_mib=4000, datastore="san1"), host="esx3")
    center.made()
    center.vim.create("full", spec=Spec(memory_mib=4000, datastore="san1"), host="esx2")
    center.world.run(until=center.world.now + 0.1)
    for hand, name in ((center.hands[2], "big"), (center.hands[1], "full")):
        hand.tell([name, "running", center.vim.vms[name].n])
    center.vim.fenced("esx3")
    center.vim.restart("big")
    center.world.run(until=center.world.now + 0.1)
    assert center.vim.vms["big"].host is None, "there is no room"
    center.vim.terminate("full")
    center.world.run(until=center.world.now + 0.1)
    center.hands[1].tell(["full", "absent", center.vim.vms["full"].n])
    assert "full" not in center.vim.vms
    center.world.crash("vim")
    center.world.start("vim")
    center.hands[1].tell(full=True)
    center.world.run(until=center.world.now + 6)
    assert center.vim.vms["big"].host is None, "esx1 has not been heard: it may be the better one"
    center.hands[0].tell(["web", "running", center.web.n], full=True)
    center.later(20)
    assert center.vim.vms["big"].host is not None


# -- agents ------------------------------------------------------------------------------------------------------------
def agent():
    """(world, the rows that the agent of esx1 reports, errors it reports, a function that casts it orders)."""
    world, rows, errors = World(seed=1), [], []

    def hear(message):
        rows.extend(message.detail.get("vms", ()))
        errors.extend(message.detail.get("errors", ()))

    world.node("vim", serve=hear)
    Agent(world, LeanVmm(world, "esx1", Host(), stores=[Store(world, "san1", 100)]))
    world.run(until=1)

    def cast(*orders):
        world.cast(
            "vim", "esx1-agent", "vim", "orders", boot=1, specs=[SHARED.as_json()], orders=list(map(list, orders))
        )

    return world, rows, errors, cast


def test_an_order_that_is_being_carried_out_is_not_carried_out_twice():
    world, rows, errors, cast = agent()
    cast(("run", "web", 1, 0))
    cast(("run", "web", 1, 0))
    world.run(until=5)
    assert errors == [] and rows[-1][:3] == ["web", "running", 1]


def test_a_newer_order_is_not_reported_as_done_with_the_state_of_the_older_one():
    world, rows, errors, cast = agent()
    cast(("run", "web", 1, 0))
    world.run(until=world.now + 0.0015)
    cast(("off", "web", 2, None))
    world.run(until=5)
    assert ["web", "running", 2] not in [row[:3] for row in rows]
    assert rows[-1][:3] == ["web", "off", 2]


# -- what the database must not forget ---------------------------------------------------------------------------------
def test_orders_after_a_crash_are_newer_than_those_before_it():
    center = Center().made()
    before = center.web.n
    center.world.crash("vim")
    center.world.start("vim")
    for hand in center.hands:
        hand.tell(*([["web", "running", before]] if hand is center.hands[0] else []), full=True)
    center.vim.create("db", spec=SHARED)
    center.vim.stop("web")
    center.later(1)
    assert center.web.n > before and center.vim.vms["db"].n > before, "an agent ignores what is older"
    assert center.hands[0].got()[-1] == "off"


def test_a_restart_in_the_middle_of_a_migration_waits_for_the_target():
    center = Center(3).moving()
    center.vim.fenced("esx1")
    center.vim.restart("web")
    center.later(20)
    assert center.hands[1].got() == ["drop"] and center.hands[2].got() == [], "esx2 may have let it run"
    center.hands[1].tell(["web", "absent", center.web.n])
    center.later(1)
    assert sorted(center.hands[1].got() + center.hands[2].got()) == ["drop", "take"]
