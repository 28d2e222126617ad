"""Card S8: evacuation. A productive failure (three buttons), the Proxmox time line, fifty cuts, what fits where, and
four words that are not the same."""

from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards import s8_recall as recall
from labkit.lab.cards.s8_questions import FREE_TEXT, QUESTIONS

MISCONCEPTIONS = {
    "S8.m1": (
        "After a crash the VMs are live-migrated, without downtime. – The memory went with the host. They boot again "
        "from their disks, after detection and fencing: minutes."
    ),
    "S8.m2": (
        "Unreachable is dead. – A cut cable looks exactly the same. Whoever starts the VM elsewhere has it twice, and "
        "two writers break the disk."
    ),
    "S8.m3": (
        "Fencing is paranoia that costs time. – It costs seconds to two minutes, and without it every cut in which "
        "both copies write ends with a damaged disk."
    ),
    "S8.m4": (
        "Any host can take any VM. – Its disk must be reachable, CPU and network must fit, and there must be room in "
        "one piece."
    ),
    "S8.m5": (
        "OpenStack (or a VIM) restarts VMs by itself. – Without a failover system nobody does: the host is marked, and "
        "its VMs go on 'running' in the inventory."
    ),
    "S8.m6": (
        "HA, fault tolerance, replication and backup are the same. – HA restarts, fault tolerance goes on, replication "
        "copies mistakes too, only a backup brings deleted data back."
    ),
}

PREDICTIONS = (
    # host2 is silent: start VM on … · power off host2 · wait 10 s. What do you press first?
    # a: start its VMs elsewhere, customers wait · b: power off host2, then start · c: wait until it is back
    # d: migrate its VMs away, with their memory
    Prediction("S8.p1", correct="b", beliefs={"a": "S8.m2", "c": "S8.m3", "d": "S8.m1"}),
    # The network of node3 is cut at 120 s; vm103 starts on node2 at 243 s. How long did it run on node3 after the cut?
    # a: not at all · b: 5 s, until node3 lost its lock · c: 46 s · d: 123 s, until the new copy took over
    Prediction("S8.p2", correct="c", beliefs={"a": "S8.m2", "b": "S8.m2", "d": "S8.m1"}),
    # Fifty random cuts, fencing off and on. Order books damaged: a: 0 and 0 · b: some and some
    # c: one in each cut in which both copies wrote, and 0 · d: 50 and 0
    Prediction("S8.p3", correct="c", beliefs={"a": "S8.m2", "b": "S8.m3", "d": "S8.m3"}),
    # Nine VMs of 16 GiB on three hosts of 64; one host is lost. How many run in the end? a: 9 · b: 8 · c: 6 · d: 0
    Prediction("S8.p4", correct="b", beliefs={"a": "S8.m4"}),
    # A host crashes under a VIM without a failover system. An hour later the VIM shows its VM as …
    # a: running, on another host · b: unknown, last seen running on the dead host · c: off · d: gone
    Prediction("S8.p5", correct="b", beliefs={"a": "S8.m5", "c": "S8.m2", "d": "S8.m2"}),
    # Somebody deletes all customers by mistake. Which of HA, fault tolerance, replication, backup brings them back?
    # a: all four · b: replication and backup · c: backup only · d: fault tolerance and backup
    Prediction("S8.p6", correct="c", beliefs={"a": "S8.m6", "b": "S8.m6", "d": "S8.m6"}),
)


def spans(outage):
    """The three lengths of an Outage in words."""
    return f"The summary says: {'; '.join(f'{what} {value:.0f} s' for what, value in outage.rows()[:3])}."


OBSERVATIONS = (
    Observation(
        "S8.p2",
        {  # subject: the Outage of vm103
            "isolated_s": Look(lambda outage: round(outage.isolated_s), spans, tolerance=1),
            "nowhere_s": Look(lambda outage: round(outage.nowhere_s), spans, tolerance=1),
        },
    ),
    Observation(
        "S8.p3",
        {  # subject: (Cuts without fencing, Cuts with fencing)
            "damaged_without": Look(lambda pair: pair[0].damaged, lambda pair: str(pair[0])),
            "damaged_with": Look(lambda pair: pair[1].damaged, lambda pair: str(pair[1])),
        },
    ),
    Observation(
        "S8.p4",
        {  # subject: the Vim
            "vms_running": Look(
                lambda vim: sum(vm.seen == "running" for vm in vim.vms.values()),
                lambda vim: "; ".join(f"{vm.name}: {vm.seen}" for vm in vim.vms.values()) + ".",
            )
        },
    ),
    Observation(
        "S8.p6",
        {  # subject: Survival, of a bad DELETE
            "bring_back": Look(
                lambda survival: len(survival.with_orders()),
                lambda survival: f"With orders of before the accident: {', '.join(survival.with_orders())}.",
            )
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "S8.p1",
        "What did you know about host2 when you pressed your first button, and what would you have had to know?",
        "Only that it was not heard. Dead and cut off look the same from here; a fence makes it certain that it does "
        "not run, and only then may its VMs run elsewhere.",
        ("silence is no proof", "two copies with one disk are worse than none"),
    ),
    Explanation(
        "S8.p2",
        "Why may the master not start vm103 at 166 s, when the watchdog has fired?",
        "It cannot see the watchdog fire. It knows that node3 has ended when it gets node3's lock, which nobody has "
        "renewed for 120 s.",
        ("60 s watchdog and 120 s lock: the margin is the proof", "nobody could reach the isolated copy"),
    ),
    Explanation(
        "S8.p3",
        "How do two copies of one VM damage the disk, although each of them writes correctly?",
        "Each trusts what it remembers of the disk (place of the next order, checksum) and does not see the other's "
        "writes, so they overwrite each other.",
        ("customers had been told 'confirmed'", "no checksum can put it right again"),
    ),
    Explanation(
        "S8.p4",
        "Before the crash 48 GiB were free, and the lost host had three VMs of 16 GiB. Why does one stay down?",
        "A third of the free memory was on the lost host itself. Two hosts of 64 GiB hold four VMs of 16 GiB each: "
        "eight for nine. The room must be on the others, before the crash: that is what admission control is for.",
        ("capacity of the survivors counts", "a VM cannot be cut in two"),
    ),
    Explanation(
        "S8.p5",
        "An hour has passed. Why does nobody start the VM elsewhere, and why does the VIM not even say that it is off?",
        "Without a failover system nobody has the task; and the VIM shows what it was told: the last report said "
        "'running', and nothing has come since.",
        ("a restart needs somebody who watches, fences and decides", "silence does not say 'off'"),
    ),
    Explanation(
        "S8.p6",
        "Why did three of the four protections not help against a wrong DELETE, although each keeps a second copy?",
        "A DELETE is a write like any other: whoever repeats every write on the copy deletes there, too. Only a copy "
        "that nobody writes to any more still has what was deleted.",
        (
            "HA has one disk, the twin does what the first one does, the mirror sends every write",
            "the price of a backup: what came since is not in it",
        ),
    ),
)

CARD = cards.register(
    Card(
        id="S8",
        title="Failover system: evacuation",
        notebook="04_failover",
        misconceptions=MISCONCEPTIONS,
        predictions=PREDICTIONS,
        observations=OBSERVATIONS,
        explanations=EXPLANATIONS,
        questions=(*recall.QUESTIONS, *QUESTIONS),
        freetexts=(FREE_TEXT,),
    )
)
