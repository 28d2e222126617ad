"""Ten events, tried at hosts without a VIM: what happens by itself, what is refused, what needs both."""

from labkit.lab import cards
from labkit.vmm.responsible import EVENTS, Responsible


def test_the_work_is_divided_as_the_card_says():
    table = Responsible()
    assert [(event, who) for event, who, _ in table] == [
        ("a guest executes a privileged instruction", "VMM"),
        ("start a VM somewhere", "both"),
        ("a page is swapped", "VMM"),
        ("host 1 goes to maintenance", "both"),
        ("a template is cloned", "VIM"),
        ("two database VMs are kept apart", "VIM"),
        ("a vCPU gets its time slice", "VMM"),
        ("a host is lost", "VIM"),
        ("a disk snapshot of one VM", "VMM"),
        ("the quota of a team", "VIM"),
    ]
    looks = cards.find("observations", "Q2.p1").looks
    assert {name: look.truth(table) for name, look in looks.items()} == {"vmm": 4, "vim": 4, "both": 2}
    assert len(EVENTS) == 10 and repr(table) == repr(Responsible())


def test_the_evidence_is_what_the_hosts_said():
    seen = {event: words for event, _, words in Responsible()}
    assert "exception 13" in seen["a guest executes a privileged instruction"]
    assert "has no call 'templateDeploy'" in seen["a template is cloned"]
    assert "knows no other host" in seen["host 1 goes to maintenance"]
    assert "now on vmm2" in seen["host 1 goes to maintenance"]
    assert "web has computed for 50 s" in seen["a vCPU gets its time slice"]
