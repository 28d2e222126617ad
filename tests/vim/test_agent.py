"""The VIM's agent on a host: orders come in any order, twice or not at all, and reports tell what is."""

import pytest

from labkit.vim.agent import Agent
from labkit.vim.bmc import Bmc
from labkit.vim.spec import Spec
from labkit.vmm import Host, Vmm
from labkit.vmm.disks import Datastore
from labkit.vmm.lean import LeanVmm, Store
from labkit.world import LabError, World
from labkit.world.errors import Unanswered

SPEC = Spec(memory_mib=2048, datastore="san1").as_json()


class Desk:
    """Where a VIM would sit: it sends orders and keeps the reports."""

    def __init__(self, lean=True):
        self.world, self.reports = World(seed=5), []
        self.world.node("vim", serve=lambda message: self.reports.append(message.detail))
        host = Host(memory_mib=32768)
        if lean:
            san = Store(self.world, "san1", 1000)
            self.vmms = [LeanVmm(self.world, name, host, stores=[san]) for name in ("esx1", "esx2")]
        else:
            san = Datastore(self.world, "san1", 1000)
            self.vmms = [Vmm(self.world, name, host, datastore=san) for name in ("esx1", "esx2")]
        self.agents = [Agent(self.world, vmm) for vmm in self.vmms]
        self.bmcs = [Bmc(self.world, vmm) for vmm in self.vmms]
        self.wait(1)

    def wait(self, seconds=1):
        self.world.run(until=self.world.now + seconds)

    def order(self, *orders, host="esx1", boot=1):
        self.world.cast(
            "vim", f"{host}-agent", "vim", "orders", boot=boot, specs=[SPEC], orders=[list(each) for each in orders]
        )
        self.wait()

    def news(self, host="esx1"):
        """What was reported of VMs since last asked: {vm: (state, n)} and the errors."""
        mine = [report for report in self.reports if report["host"] == host]
        self.reports = [report for report in self.reports if report["host"] != host]
        vms = {name: (state, n) for report in mine for name, state, n, *_ in report.get("vms", ())}
        return vms, [error for report in mine for error in report.get("errors", ())]


@pytest.fixture(params=["lean", "full"])
def desk(request):
    desk = Desk(request.param == "lean")
    desk.news()
    return desk


def test_an_order_is_carried_out_and_reported(desk):
    desk.order(["run", "web", 1, 0], ["run", "db", 2, 0])
    assert desk.news() == ({"web": ("running", 1), "db": ("running", 2)}, [])
    desk.order(["pause", "web", 3, None])
    assert desk.news() == ({"web": ("paused", 3)}, [])
    desk.order(["run", "web", 4, 0], ["off", "db", 5, None])
    assert desk.news() == ({"web": ("running", 4), "db": ("off", 5)}, [])
    desk.order(["remove", "db", 6, None], ["drop", "web", 7, None])
    assert desk.news() == ({"web": ("absent", 7), "db": ("absent", 6)}, [])
    assert not desk.vmms[0].domains


def test_the_same_order_again_does_no_harm_and_an_older_one_is_ignored(desk):
    desk.order(["run", "web", 1, 0])
    desk.order(["off", "web", 3, None])
    desk.news()
    desk.order(["run", "web", 1, 0])  # late: it was on the way for minutes
    assert desk.news() == ({}, [])
    desk.order(["off", "web", 3, None])
    assert desk.news()[0] in ({}, {"web": ("off", 3)})
    assert desk.vmms[0].domains["web"].state == "shutoff"


def test_orders_for_an_earlier_start_of_the_agent_are_ignored(desk):
    desk.world.stop("esx1-agent")
    desk.world.start("esx1-agent")
    desk.wait()
    desk.order(["run", "web", 1, 0], boot=1)
    assert "web" not in desk.vmms[0].domains
    desk.order(["run", "web", 1, 0], boot=2)
    assert desk.vmms[0].domains["web"].state == "running"


def test_an_agent_that_starts_again_still_knows_the_numbers_it_has_seen(desk):
    desk.order(["run", "web", 7, 0])
    desk.world.stop("esx1-agent")
    desk.world.start("esx1-agent")
    desk.news()
    desk.wait()
    assert desk.news()[0] == {"web": ("running", 7)}
    desk.order(["off", "web", 6, None], boot=2)
    assert desk.vmms[0].domains["web"].state == "running"


def test_what_somebody_does_at_the_host_is_reported_too(desk):
    desk.order(["run", "web", 1, 0])
    desk.news()
    if "admin" not in desk.world.nodes:
        desk.world.node("admin")
    desk.world.ask("admin", "esx1-libvirtd", "libvirt", "domainDestroy", name="web")
    desk.wait()
    assert desk.news() == ({"web": ("off", 1)}, [])


def test_a_report_without_news_says_that_there_is_none(desk):
    desk.order(["run", "web", 1, 0])
    last = [report for report in desk.reports if report["host"] == "esx1"][-1]["delta"]
    desk.reports.clear()
    desk.wait(25)
    beats = [report for report in desk.reports if report["host"] == "esx1"]
    assert len(beats) >= 2
    assert {beat["delta"] for beat in beats} == {last}
    assert not any(beat.get("vms") for beat in beats)


def test_whoever_has_lost_a_report_asks_for_everything(desk):
    desk.order(["run", "web", 1, 0])
    desk.news()
    desk.world.cast("vim", "esx1-agent", "vim", "describe")
    desk.wait()
    full = [report for report in desk.reports if report["host"] == "esx1"][-1]
    assert full["full"] and full["hardware"]["memory_mib"] == 32768 and list(full["hardware"]["datastores"]) == ["san1"]
    assert [row[:3] for row in full["vms"]] == [["web", "running", 1]]


def test_without_a_management_process_orders_come_back_and_the_vms_run_on(desk):
    desk.order(["run", "web", 1, 0])
    desk.news()
    desk.world.stop("esx1-libvirtd")
    desk.order(["run", "db", 2, 0])
    vms, errors = desk.news()
    assert vms == {"db": ("absent", 2)}
    assert [error[:3] for error in errors] == [["db", 2, 503]]
    assert desk.vmms[0].domains["web"].state == "running"
    desk.world.start("esx1-libvirtd")
    desk.wait()
    desk.order(["run", "db", 3, 0])
    assert desk.news()[0]["db"] == ("running", 3)


def test_a_vm_moves_and_both_hosts_tell(desk):
    desk.order(["run", "web", 1, 0])
    desk.order(["migrate", "web", 2, "esx2"])
    desk.wait(30)
    assert desk.news("esx1") == ({"web": ("absent", 2)}, [])
    assert desk.news("esx2")[0] == {"web": ("running", 0)}


def test_a_migration_that_is_refused_leaves_the_vm_where_it_is(desk):
    desk.order(["run", "web", 1, 0])
    desk.order(["migrate", "web", 2, "esx9"])
    vms, errors = desk.news()
    assert vms["web"] == ("running", 2) and errors[0][:3] == ["web", 2, 404]


def test_a_dead_hosts_disk_is_locked_until_somebody_takes_it(desk):
    desk.order(["run", "web", 1, 0], host="esx2")
    assert desk.world.ask("vim", "esx2-bmc", "ipmi", "power off") == {"power": "off"}
    desk.order(["run", "web", 2, 0])
    assert desk.news()[1][0][2] == 409
    desk.order(["take", "web", 3, 0])
    assert desk.news()[0]["web"] == ("running", 3)


def test_a_host_that_comes_back_reports_with_a_higher_boot_number(desk):
    desk.order(["run", "web", 1, 0])
    desk.world.ask("vim", "esx1-bmc", "ipmi", "power off")
    assert desk.world.ask("vim", "esx1-bmc", "ipmi", "power status") == {"power": "off"}
    desk.world.ask("vim", "esx1-bmc", "ipmi", "power on")
    desk.reports.clear()
    desk.wait(2)
    first = desk.reports[0]
    assert (first["host"], first["boot"], first["full"]) == ("esx1", 2, True)
    assert desk.news()[0] == {"web": ("off", 1)}


def test_a_verb_that_is_none_comes_back_as_an_error(desk):
    desk.order(["explode", "web", 1, None])
    assert desk.news()[1][0][2] == 400


def test_a_bmc_can_be_silent_or_broken_and_then_nothing_is_certain():
    desk = Desk()
    desk.bmcs[0].break_down()
    with pytest.raises(LabError) as refused:
        desk.world.ask("vim", "esx1-bmc", "ipmi", "power off")
    assert refused.value.code == 500
    desk.world.cut("vim", "esx2-bmc")
    with pytest.raises(Unanswered) as silence:
        desk.world.ask("vim", "esx2-bmc", "ipmi", "power off", timeout_s=5)
    assert not silence.value.definite
    assert all(vmm.node.state == "running" for vmm in desk.vmms)


def test_an_agent_cannot_be_started_on_a_machine_that_is_off():
    desk = Desk()
    desk.world.crash("esx1")
    assert desk.agents[0].node.state == "crashed"
    with pytest.raises(LabError, match="esx1 is off"):
        desk.world.start("esx1-agent")


def test_a_world_with_hosts_and_agents_can_be_forked():
    world = World(seed=5)
    world.node("vim")
    vmm = LeanVmm(world, "esx1", Host(memory_mib=8192))
    Agent(world, vmm), Bmc(world, vmm)
    spec = Spec(memory_mib=2048).as_json()
    world.cast("vim", "esx1-agent", "vim", "orders", boot=1, specs=[spec], orders=[["run", "web", 1, 0]])
    world.run(until=30)
    other = world.fork()
    assert other.components["esx1"].domains["web"].state == "running"
    assert other.trace.digest() == world.trace.digest()
