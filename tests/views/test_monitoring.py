"""The view of monitoring: what it shows is what was reported, with its age; the keyboard moves time and choice."""

from labkit.views import Monitor
from labkit.vim import Spec, datacenter
from labkit.world import World


def made():
    w = World(seed=9)
    vim = datacenter(w, hosts=3, shared=("san1",))
    vim.monitoring.alarm("busy", "cpu_percent", above=40, for_s=20, below=20, clear_s=20)
    vim.create("web", spec=Spec(vcpus=4, demand_mhz=5000, used_mib=512), host="esx2").wait()
    w.run(until=100)
    return w, vim, Monitor(vim, "esx2")


def test_the_worst_host_stands_first_and_the_alarm_is_named():
    _, _, view = made()
    html = view.html()
    assert [host.name for _, host in view.shown()] == ["esx2", "esx1", "esx3"]
    assert "5,000 MHz, 50 %" in html and "busy" in html and "VmPoweredOnEvent" in html and "alarm above 40" in html


def test_a_silent_host_is_grey_and_its_figures_are_gone():
    w, _, view = made()
    w.cut("vim", "esx1-agent")
    w.run(until=200)
    html = view.html()
    assert "1 gray" in html and "unknown since" in html and "HostConnectionLostEvent" in html


def test_the_keyboard_lets_time_pass_and_chooses_and_a_button_acknowledges():
    w, vim, view = made()
    view.heard("ArrowRight")
    assert w.now == 160
    view.acknowledge()
    assert next(iter(vim.monitoring.alarms()))[5] == "administrator"
    view.heard("ArrowDown")
    assert view.host == "esx3" and "cpu_percent of esx3" in view.html()
    view.turn("metric")("memory_mib")
    assert "memory_mib of esx3" in view.html()


def test_it_draws_the_same_each_time_and_says_it_as_text():
    _, _, view = made()
    assert view.html() == view.html() and "esx2" in view.text()
    assert "<details><summary>The line as text</summary>" in view.html()
