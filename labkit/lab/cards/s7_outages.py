"""Card S7, part outages: twelve operations with the VIM down, a host dead, or the link between the two cut; each one is
played. The beliefs are those of card Q2. Collected by s7.py."""

from labkit.lab.card import Explanation, Look, Observation, Prediction

PREDICTIONS = (
    # The VIM is down: how many of twelve operations still work? a: none · b: two · c: six · d: eleven
    Prediction("S7.p11", correct="c", beliefs={"a": "Q2.m1", "b": "Q2.m1", "d": "Q2.m3"}),
)


def works(outage):
    """The operations that work with a VM of esx1 during this outage."""
    from labkit.vim.outages import OPERATIONS, try_out

    return [operation for operation in OPERATIONS if try_out(operation, outage).worked]


def counted(place):
    """How many work in the outage with this number, counted by playing them."""
    return Look(
        lambda outages: len(works(outages[place])),
        lambda outages: f"These work: {', '.join(works(outages[place]))}.",
    )


OBSERVATIONS = (
    # subject: the names of the outages
    Observation("S7.p11", {"work_without_vim": counted(0), "work_while_cut": counted(2)}),
)

EXPLANATIONS = (
    Explanation(
        "S7.p11",
        "Why can a live migration work without a VIM, and the restart of a lost host's VM cannot?",
        "The two hosts of a migration have all it takes, once somebody names the target; a lost host tells nobody, so "
        "whoever restarts its VMs must watch all hosts, be sure that it is off, and choose another one.",
        (
            "mechanism on the hosts, decision and overview in the VIM",
            "a dead host cannot take part: somebody else must notice, fence and choose",
        ),
    ),
)
