"""The productive failure: three buttons, a real emulator, and a debrief that counts what customers lost."""

from labkit.views.save_the_company import SaveTheCompany


def play(presses, truth="cut"):
    view = SaveTheCompany(truth)
    for press in presses:
        if isinstance(press, tuple):
            view.vm, view.host = press
            view.press("start")
        else:
            view.press(press)
    for _ in range(30):
        if view.verdicts is None:
            view.press("wait")
    return view


def test_before_the_end_the_picture_does_not_tell_a_cut_from_a_death():
    cut, dead = SaveTheCompany("cut"), SaveTheCompany("dead")
    assert cut.html() == dead.html() and "no answer for 30 s" in cut.html()
    cut.press("wait"), dead.press("wait")
    assert cut.html() == dead.html()


def test_who_starts_at_once_has_two_copies_and_lost_orders():
    view = play([("shop", "host1"), ("bank", "host3")])
    assert all(each.twice_s > 100 and each.damage.lost > 100 for each in view.verdicts)
    assert view.html().count("two copies, one disk") == 4 and "Which button was too early?" in view.html()
    assert not all(each.damage.fits for each in view.verdicts) and "&lt;" not in view.html()


def test_power_off_first_and_nothing_is_lost():
    view = play(["power off", ("shop", "host1"), ("bank", "host3")])
    assert all(each.twice_s == 0 and each.damage.lost == 0 and each.unserved_s < 60 for each in view.verdicts)
    assert "everybody is served" in view.html() and "two copies, one" not in view.html()


def test_who_only_waits_serves_nobody_at_the_office_until_the_cable_is_mended():
    assert [each.unserved_s for each in play([]).verdicts] == [180, 180]
    view = play([], truth="dead")
    assert all(each.unserved_s is None for each in view.verdicts) and "never" in view.html()


def test_luck_is_called_luck():
    view = play([("shop", "host1"), ("bank", "host3")], truth="dead")
    assert all(each.damage.lost == 0 for each in view.verdicts) and "this time" in view.html()


def test_a_start_on_the_silent_host_and_a_second_start_only_say_so():
    view = SaveTheCompany()
    assert "does not answer" in view.company.start("shop", "host2")
    view.press("start"), view.press("start")
    assert view.company.log[-1][1].endswith("it runs there already")


def test_exactly_three_buttons_and_one_to_try_again_when_it_is_over():
    view = SaveTheCompany()
    rows = view.controls()
    assert [each.description for each in rows[1]] == ["Start VM on …", "Power off host2", "Wait 10 s"]
    assert view._again.layout.display == "none" and not any(each.disabled for each in rows[1])
    for _ in range(20):
        view.heard("ArrowRight")
    assert view.verdicts and all(each.disabled for each in view._acts) and view._again.layout.display == ""
    view.again()
    assert view.verdicts is None and "no answer for 30 s" in view.html() and "no answer" in view.text()
