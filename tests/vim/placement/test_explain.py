"""explain(): one request, filter by filter and weigher by weigher, in words a student can check."""

from labkit.vim.placement import Placement, Request
from labkit.vim.placement.explained import BEST, FEW
from labkit.vim.spec import Spec
from tests.vim.placement.datacenter import record, records, vm


def test_each_host_has_its_reason_with_numbers():
    hosts = [record(0, maintenance="in"), record(1, datastores=("san1",)), record(2, datastores=("san1",)), record(3),
             record(4, datastores=("san1",), memory_mib=12288)]  # fmt: skip
    placement = Placement(hosts, shared={"san1": 500})
    placement.rules.apart("db apart", group="db")
    placement.claim(hosts[1], Spec(memory_mib=14336, datastore="san1"))
    old = Spec(memory_mib=1024, datastore="san1")
    placement.claim(hosts[2], old, vm("db1", old, groups=("db",)))
    said = placement.explain(Request(Spec(memory_mib=4096, datastore="san1"), vm="db2", groups=("db",)))
    assert said.lines() == [
        "A host for db2 (1 vCPU, 4,096 MiB, 10 GiB on san1): 5 hosts",
        "state: drops 1 of 5, leaves 4",
        "    esx1: maintenance: in",
        "datastore: drops 1 of 4, leaves 3",
        "    esx4: does not reach san1",
        "memory: drops 1 of 3, leaves 2",
        "    esx2: 2,048 MiB free of 16,384, needs 4,096",
        "rule db apart: drops 1 of 2, leaves 1",
        "    esx3: apart from db1, which is there",
        "1. esx5: 12,288 MiB free",
        "chosen: esx5",
    ]
    html = said._repr_html_()
    assert "esx2: 2,048 MiB free of 16,384, needs 4,096" in html and "Chosen: esx5" in html
    assert html.count('scope="row"') == 5


def test_several_weighers_show_what_each_adds():
    hosts = [record(0, pcpus=8, memory_mib=8192), record(1, pcpus=4, memory_mib=16384), record(2, pcpus=6)]
    said = Placement(hosts, weighers={"memory": 1.0, "cpu": 0.5}).explain(Request(Spec()))
    assert said.lines()[1:] == [
        "1. esx3: 16,384 MiB free adds +1.000, 24 vCPU free adds +0.250; sum 1.250",
        "2. esx2: 16,384 MiB free adds +1.000, 16 vCPU free adds +0.000; sum 1.000",
        "3. esx1: 8,192 MiB free adds +0.000, 32 vCPU free adds +0.500; sum 0.500",
        "chosen: esx3",
    ]


def test_a_whole_vcenter_is_summed_up():
    hosts = records(2500)
    for host in hosts[100:1100]:
        host.state = "fenced"
    placement = Placement(hosts)
    said = placement.explain(Request(Spec(memory_mib=2048)))
    assert (said.stages[0].dropped, said.passed, len(said.weighed)) == (1000, 1500, BEST)
    assert len(said.stages[0].reasons) == FEW and len(said.lines()) <= 20
    assert f"    … and {1000 - FEW} more" in said.lines() and said.winner == "esx1"


def test_an_explanation_stays_as_it_was():
    """It tells of one moment: later claims do not change it."""
    placement = Placement(records(1))
    request = Request(Spec(memory_mib=12288))
    said = placement.explain(request)
    before = str(said)
    placement.claim(placement.choose(request), request.spec)
    assert str(said) == before and placement.explain(request).winner is None


def test_nothing_that_was_typed_gets_into_the_page_as_markup():
    html = Placement(records(1)).explain(Request(Spec(), vm="<b>x</b>"))._repr_html_()
    assert "<b>x" not in html and "&lt;b&gt;x" in html
