"""Monitoring: figures with an age, averages with gaps, alarms that do not flap, events with names."""

import pytest

from labkit.vim.inventory import HostRecord, VmRecord
from labkit.vim.monitoring import Monitoring, Series
from labkit.vim.spec import Spec
from labkit.vmm.host import Host
from labkit.world import LabError, World


def made(hosts=1):
    w = World(seed=3)
    there = {
        f"esx{n}": HostRecord(f"esx{n}", n, Host(pcpus=4, mhz=2500, memory_mib=16384)) for n in range(1, hosts + 1)
    }
    for host in there.values():
        host.state = "connected"
    return w, Monitoring(w, hosts=there, vms={})


def report(w, monitoring, demand_mhz, until_s, name="esx1", used_mib=1000, every_s=10):
    """The agent reports until then."""
    host = monitoring.hosts_[name]
    while w.now + every_s <= until_s:
        w.run(until=w.now + every_s)
        host.heard_at_s, host.demand_mhz, host.used_mib = w.now, demand_mhz, used_mib
        monitoring.reported(host)


def alarm_story(w):
    return [(event.t, event.what) for event in w.trace.where(kind="alarm")]


def test_an_alarm_waits_before_it_wakes_and_before_it_sleeps():
    w, m = made()
    m.alarm("busy", "cpu_percent", above=90, for_s=60, below=70, clear_s=60)
    report(w, m, 9500, 50)  # 95 %, not long enough
    report(w, m, 5000, 60)
    assert alarm_story(w) == []
    report(w, m, 9500, 200)
    report(w, m, 8000, 400)  # 80 %: between the thresholds nothing changes
    assert m.status("esx1") == "red"
    report(w, m, 6000, 500)
    assert alarm_story(w) == [(130, "esx1: busy is red"), (470, "esx1: busy is green")]
    assert m.status("esx1") == "green" and not m.states


def test_a_load_that_swings_around_one_threshold_wakes_once_not_every_minute():
    stories = []
    for below in (90, 70):
        w, m = made()
        m.alarm("busy", "cpu_percent", above=90, for_s=0, below=below, clear_s=0)
        for minute in range(1, 21):
            report(w, m, 9100 if minute % 2 else 8900, 60 * minute)
        stories.append(len(alarm_story(w)))
    assert stories == [20, 1]


def test_a_silent_host_is_grey_with_unknown_figures_and_a_gap_in_its_line():
    w, m = made()
    m.alarm("busy", "cpu_percent", above=90, for_s=60)
    report(w, m, 9500, 100)
    m.hosts_["esx1"].state = "unknown"
    w.run(until=400)
    m.tick()
    assert m.status("esx1") == "gray"
    row = next(iter(m.hosts()))
    assert row[1] == "unknown" and row[2] == "–" and row[7] == "unknown since 300 s"
    assert next(iter(m.alarms()))[2] == "gray"
    m.hosts_["esx1"].state = "connected"
    report(w, m, 9500, 460)
    m.tick()
    assert "unknown from 100 to 410 s" in m.chart("esx1").rows()
    assert [what for _, what in alarm_story(w)][-2:] == ["esx1: busy is gray", "esx1: busy is red"]


def test_silence_does_not_count_as_time_above_the_threshold():
    w, m = made()
    m.alarm("busy", "cpu_percent", above=90, for_s=60)
    report(w, m, 9500, 20)
    m.hosts_["esx1"].state = "unknown"
    w.run(until=300)
    m.tick()
    m.hosts_["esx1"].state = "connected"
    report(w, m, 9500, 320)
    assert m.status("esx1") == "green"


def test_an_acknowledged_alarm_stays_red_and_wakes_again_next_time():
    w, m = made()
    m.alarm("busy", "cpu_percent", above=90, for_s=0, below=80, clear_s=0)
    with pytest.raises(LabError, match="not triggered"):
        m.acknowledge("busy", "esx1")
    report(w, m, 9500, 10)
    m.acknowledge("busy", "esx1", by="ann")
    assert next(iter(m.alarms()))[2:] == ("red", "0 s", "95", "ann")
    report(w, m, 5000, 20)
    report(w, m, 9500, 30)
    assert next(iter(m.alarms()))[5] == "–"


def test_averages_are_weighed_by_time_and_an_interval_without_reports_has_none():
    series = Series()
    series.add(0, 1000, 10)
    series.add(30, 1000, 10)
    for at_s in (60, 61, 62, 63):  # four reports at once weigh no more than their seconds
        series.add(at_s, 4000, 10)
    for at_s in range(70, 300, 10):
        series.add(at_s, 4000, 10)
    series.add(1000, 2000, 10)
    series.add(1210, 2000, 10)
    assert series.points("5 min") == [(300, pytest.approx((60 * 1000 + 240 * 4000) / 300), 10), (1200, 2000, 10)]


def test_a_week_of_reports_stays_small():
    series = Series()
    for at_s in range(0, 8 * 86400, 60):
        series.add(at_s, 1000, 10)
    raw, five, thirty = (len(series.points(rollup)) for rollup in ("raw", "5 min", "30 min"))
    assert raw <= 66 and five <= 289 and 330 <= thirty <= 337
    assert {value for _, value, _ in series.points("30 min")} == {1000}


def test_ready_is_what_vms_wanted_and_did_not_get():
    w, m = made()
    report(w, m, 20000, 10)  # twice what the host has
    assert m.history("esx1", "ready_percent") == [(10, 50)]
    assert m.history("esx1", "cpu_mhz") == [(10, 10000)]


def test_a_vm_has_a_history_from_when_it_is_watched():
    w, m = made()
    web = m.vms_["web"] = VmRecord("web", 0, Spec(vcpus=2, memory_mib=2048))
    web.host, web.reported, web.demand_mhz = m.hosts_["esx1"], "running", 2500
    with pytest.raises(LabError, match="nobody watches 'web'"):
        m.history("web")
    m.watch("web")
    m.alarm("vm busy", "cpu_percent", above=40, for_s=0, of="vm", severity="yellow")
    report(w, m, 2500, 20)
    assert m.history("web", "cpu_percent") == [(10, 50), (20, 50)]
    assert m.status("web") == "yellow" and m.status("esx1") == "green"


def test_events_have_vspheres_names_and_are_bounded():
    w, m = made()
    m.event("host is silent", "esx1")
    m.event("web: running", "web")
    m.event("something of our own", "web")
    assert [name for _, name, *_ in m.events] == ["HostConnectionLostEvent", "VmPoweredOnEvent", ""]
    for _ in range(20_000):
        m.event("web: off", "web")
    assert len(m.events) == 10_000


@pytest.mark.parametrize(("ask", "code"), [
    (lambda m: m.history("esx9"), 404),
    (lambda m: m.history("esx1", "cpu"), 404),
    (lambda m: m.history("esx1", rollup="hour"), 404),
    (lambda m: m.alarm("odd", "cpu_percent", above=50, below=60), 400),
    (lambda m: m.alarm("odd", "cpu_percent", above=50, severity="pink"), 400),
    (lambda m: m.remove("nothing"), 404),
    (lambda m: m.acknowledge("nothing", "esx1"), 404),
    (lambda m: m.watch("nobody"), 404),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(ask, code):
    _, m = made()
    with pytest.raises(LabError) as error:
        ask(m)
    assert error.value.code == code and not m.rules


def test_pictures_say_the_same_in_words():
    w, m = made()
    m.alarm("busy", "cpu_percent", above=90)
    report(w, m, 5000, 100)
    html = m.chart("esx1", "cpu_percent")._repr_html_()
    assert "<svg" in html and "alarm above 90" in html and "<li>10 s: 50 %</li>" in html
    assert m.chart("esx1", hours=1)._repr_html_() == m.chart("esx1", hours=1)._repr_html_()
