"""The heat map: what it draws is what the VIM believes; states by shape, fullness by size, everything in words, too."""

import re

import pytest

from labkit.views import HeatMap
from labkit.views.heat_cells import NAMES, Layout
from labkit.vim import Spec, datacenter
from labkit.world import LabError, World


def center(hosts=12, clusters=3):
    w = World(seed=3)
    vim = datacenter(w, hosts=hosts, clusters=clusters)
    for i in range(5):
        vim.create(f"web{i}", spec=Spec(vcpus=2, datastore="san1", demand_mhz=1900), host="esx2")
    vim.create("db", spec=Spec(vcpus=4, datastore="san1", demand_mhz=11_000), host="esx5")
    w.run(until=40)
    return w, vim


def squares(html):
    """Number of points per path of the picture, the legend left out."""
    return [path.count("M") for path in re.findall(r'<path d="((?:M[\d.]+ [\d.]+h\.1)+)"', html)]


def test_every_host_is_drawn_once_and_the_summary_counts_them():
    w, vim = center()
    view = HeatMap(vim)
    assert sum(squares(view.html())) == 12 + len(NAMES), "and one of each size in the legend"
    assert view.summary().startswith(
        "12 connected; 6 VMs. CPU demanded: mean 17%, most 110% (esx5), 2 hosts from 80 % on"
    )
    assert "esx5" in view.html().split("The five fullest")[1]


def test_what_is_silent_or_closed_is_drawn_by_shape_and_said():
    w, vim = center()
    w.cut("vim", "esx7-agent")
    vim.maintenance("esx9")
    w.run(until=120)
    view = HeatMap(vim)
    assert "10 connected, 1 maintenance, 1 unknown" in view.summary()
    assert sum(squares(view.html())) == 10 + len(NAMES)
    view.choose("esx7")
    assert "unknown: last heard: CPU 0%" in view.told(), "what it says of a silent host is old"


def test_keys_walk_over_the_hosts_and_the_clusters_and_say_what_is_there():
    w, vim = center()
    view = HeatMap(vim)
    for key, name in (("ArrowRight", "esx2"), ("ArrowDown", "esx4"), ("ArrowRight", "esx7"), ("Home", "esx1"),
                      ("PageDown", "esx5"), ("PageUp", "esx1"), ("PageUp", "esx9"), ("End", "esx12")):  # fmt: skip
        view.heard(key)
        assert view.chosen == name, key
    view.choose("esx2")
    assert view.told() == "esx2 in cluster1, connected: CPU 95%, memory 0%, 5 VMs: web0, web1, web2, web3, web4"
    view.clicked("esx5")
    assert "esx5 in cluster2, connected: CPU 110%" in view.html()


def test_other_metrics_and_what_does_not_exist():
    w, vim = center()
    view = HeatMap(vim)
    view.show("VMs")
    assert "most 100% (esx2)" in view.summary()
    with pytest.raises(LabError, match="no host 'esx99'"):
        view._choose("esx99")
    with pytest.raises(LabError, match="no metric"):
        HeatMap(vim, metric="heat")


def test_a_vim_that_is_down_shows_nothing():
    w, vim = center()
    view = HeatMap(vim)
    w.stop("vim")
    assert "The VIM is down" in view.html() and view.text().startswith("The VIM is down")
    view.heard("ArrowLeft")


def test_blocks_do_not_overlap_and_stay_on_the_page():
    class Named:
        def __init__(self, at, clusters):
            self.name, self.cluster = f"esx{at}", f"cluster{at * clusters // 2500}" if clusters else None

    for clusters in (0, 27, 40):
        layout = Layout([Named(at, clusters) for at in range(2500)])
        places = list(layout.cells.values())
        assert (
            len(set(places)) == 2500 and max(x for x, _ in places) < 880 and max(y for _, y in places) < layout.height
        )


def test_it_draws_the_same_each_time():
    w, vim = center()
    assert HeatMap(vim).html() == HeatMap(vim).html()


def test_there_is_a_button_on_which_the_arrow_keys_walk():
    w, vim = center()
    view = HeatMap(vim)
    words = [widget.description for row in view.controls() for widget in row]
    assert words == ["Show", "Host", "Previous cluster", "Next cluster"]
    view.controls()[0][3].click()
    assert view.chosen == "esx5", "the first host of the second cluster"
