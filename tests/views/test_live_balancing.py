"""The balancer under one's hand: bars, arcs and figures are what the rehearsal says, and settings replay the hours."""

from labkit.views import LiveBalancing


def test_a_nervous_balancer_moves_forty_an_hour_and_a_calm_one_few_in_the_very_same_hour():
    view = LiveBalancing(threshold_pct=1, hysteresis="off")
    view.run(3600)
    nervous = view.played
    assert nervous.moves_per_hour > 35 and "46 per hour" in view.html()
    view.turn("threshold_pct")(9)
    view.turn("hysteresis")("on")
    assert view.world.now == 3601 and len(view.played.done) < 15
    assert view.played.p95_s < nervous.p95_s
    view.turn("threshold_pct")(0)
    assert not view.played.done and "No pass yet" in view.html()


def test_bars_arcs_and_sentences_say_the_same():
    view = LiveBalancing(hosts=3, vms=3, mean_mhz=800, noise_pct=0)
    for name in ("vm1", "vm4", "vm7"):
        view.choose(name)
        view.demand(2800)
    view.heard("ArrowRight")
    last = view.played.done
    assert last and last[0].source == "esx1"
    assert f"Last pass: {last[0].vm} from esx1 to {last[0].target}" in view.text()
    html = view.html()
    assert f"Last pass: {len(last)} move" in html, "what is said beside the picture counts its arcs"
    assert html.count('fill-opacity="0.35"') == 9 and "var(--lab-orange)" in html and ">100 %<" in html
    assert "esx1 84% with 3 VMs." in html, "the arc is drawn before the copy has ended"
    view.run(60)
    assert view.played.loads["esx1"] < 0.6


def test_it_begins_again_and_draws_the_same():
    view = LiveBalancing()
    first = view.html()
    view.run(600)
    assert view.html() != first
    view.again()
    assert view.html() == first and view.text()
