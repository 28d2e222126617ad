"""Monitoring in a VIM: it knows what the agents said, when they said it, and no more."""

from labkit.vim import Spec, datacenter
from labkit.vim.failover import FailoverSystem
from labkit.world import World


def test_figures_come_from_reports_and_a_cut_makes_them_unknown():
    w = World(seed=6)
    vim = datacenter(w, hosts=2, shared=("san1",))
    monitoring = vim.monitoring
    monitoring.alarm("busy", "cpu_percent", above=20, for_s=30, below=10, clear_s=30)
    vim.create("web", spec=Spec(vcpus=4, demand_mhz=5000, used_mib=800), host="esx1").wait()
    w.run(until=120)
    rows = {row[0]: row for row in monitoring.hosts()}
    assert rows["esx1"][1:4] == ("on", "5,000", "50") and rows["esx2"][2] == "0"
    assert monitoring.status("esx1") == "red" and monitoring.status("esx2") == "green"
    w.cut("vim", "esx1-agent")
    w.run(until=200)
    assert monitoring.status("esx1") == "gray" and vim.vms["web"].seen == "unknown"
    w.heal()
    w.run(until=260)
    names = [name for _, name, entity, *_ in monitoring.events if name and entity in ("esx1", "web")]
    assert "VmPoweredOnEvent" in names and "HostConnectionLostEvent" in names and "HostConnectedEvent" in names
    assert any("unknown from" in row for row in monitoring.chart("esx1").rows())


def test_a_move_and_a_restart_are_told_apart():
    w = World(seed=7)
    vim = datacenter(w, hosts=3, shared=("san1",), failover=FailoverSystem())
    monitoring = vim.monitoring
    vim.create("web", spec=Spec(datastore="san1", memory_mib=2048), host="esx1").wait()
    vim.migrate("web", "esx2").wait()
    w.crash("esx2")
    w.run(until=w.now + 200)
    vim.stop("web").wait()
    vim.start("web").wait()
    told = {of: [name for _, name, *_ in monitoring.events.where(entity=of) if name] for of in ("web", "esx2")}
    moved, again = ["VmPoweredOnEvent", "VmMigratedEvent"], ["VmPoweredOffEvent", "VmPoweredOnEvent"]
    assert told["web"] == [*moved, "VmRestartedOnAlternateHostEvent", *again]
    assert told["esx2"][:3] == ["HostConnectionLostEvent", "DasHostFailedEvent", "HostShutdownEvent"]


def test_a_vim_that_was_away_does_not_say_that_vms_were_powered_on():
    w = World(seed=8)
    vim = datacenter(w, hosts=2, shared=("san1",))
    events = vim.monitoring.events
    vim.create("web", spec=Spec(memory_mib=2048)).wait()
    w.crash("vim")
    w.run(until=w.now + 60)
    w.start("vim")
    w.run(until=w.now + 60)
    assert vim.vms["web"].seen == "running"
    assert [name for _, name, *_ in events.where(entity="web")] == ["VmPoweredOnEvent"]
    assert vim.monitoring.history("esx1")[-1][0] > 110


def test_how_long_a_value_has_been_too_high_begins_anew_with_the_vims_process():
    w = World(seed=9)
    vim = datacenter(w, hosts=1, shared=("san1",))
    vim.monitoring.alarm("busy", "cpu_percent", above=20, for_s=120)
    vim.create("web", spec=Spec(vcpus=4, demand_mhz=5000)).wait()
    w.run(until=w.now + 100)
    w.crash("vim")
    w.run(until=w.now + 5)
    w.start("vim")
    w.run(until=w.now + 60)
    assert vim.monitoring.status("esx1") == "green"  # 160 s in all, of which the VIM has seen 60 on end
    w.run(until=w.now + 80)
    assert vim.monitoring.status("esx1") == "red"
