"""Card S9, first half: VMs on hosts. Predictions, observations, explanations, a question. Registers nothing."""

from labkit.lab.card import Explanation, Look, Observation, Prediction, Question, turned

PREDICTIONS = (
    # esx1 has three idle VMs, esx2 three busy ones. What does the balancer do in its first pass?
    # a: nothing, three VMs each · b: one busy VM to esx1 · c: two busy VMs to esx1 · d: it exchanges VMs until both
    # hosts are at 55 %
    Prediction("S9.p1", correct="b", beliefs={"a": "S9.m2", "c": "S9.m4", "d": "S9.m4"}),
    # 8 GiB of memory, written at 0.9 GiB/s, over a link of 1 GiB/s, at most 30 rounds. How long until it has moved?
    # a: 8 s · b: about 16 s · c: more than a minute · d: at once, it is a live migration
    Prediction("S9.p2", correct="c", beliefs={"a": "S9.m3", "b": "S9.m3", "d": "S9.m3"}),
    # Forty VMs with a noisy load. The balancer is set to 1 %. What becomes of moves and response times?
    # a: many moves, better response times · b: few moves, the load is even on average · c: many moves, worse response
    # times · d: many moves, and nobody notices
    Prediction("S9.p6", correct="c", beliefs={"a": "S9.m4", "b": "S9.m4", "d": "S9.m3"}),
    # esx2 is hot, and the two instances of the web shop are on it and on esx3. Somebody gives the shop's balancer the
    # weight 0 for the instance on esx2. Is esx2 relieved?
    # a: yes, that is load balancing · b: only by the shop's own part; the rest stays
    Prediction("S9.p7", correct="b", beliefs={"a": "S9.m1"}),
)


def percent(host):
    """Load of a host as its last report told it."""
    return round(100 * host.demand_mhz / host.hardware.capacity_mhz)


def told(vim):
    """The hosts with their loads and numbers of VMs."""
    return ", ".join(f"{host.name}: {percent(host)} % with {len(host.vms)} VMs" for host in vim.hosts.values())


OBSERVATIONS = (
    Observation(
        "S9.p1",
        {  # subject: the VIM, before and after
            name: Look(
                lambda vim, name=name: percent(vim.hosts[name]), lambda vim: f"vim.hosts says {told(vim)}.", tolerance=1
            )
            for name in ("esx1", "esx2")
        },
    ),
    Observation(
        "S9.p2",
        {  # subject: the Outcome
            "seconds": Look(lambda out: round(out.total_s), lambda out: f"It took {out.total_s:.1f} s.", tolerance=1),
            "rounds": Look(lambda out: out.live_rounds, lambda out: f"The table ends with round {out.live_rounds}."),
        },
    ),
    Observation(
        "S9.p6",
        {  # subject: the Rehearsal with the threshold of 1 %
            "moves_per_hour": Look(
                lambda played: round(played.moves_per_hour), lambda played: repr(played), tolerance=1
            ),
            "p95_s": Look(lambda played: played.p95_s, lambda played: repr(played), tolerance=0.05),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "S9.p1",
        "Both hosts had three VMs. What does the balancer look at instead, and why does it stop after one move?",
        "It adds up what the VMs demand and divides by what the host has; a second move would make it less even again.",
        (
            "load = demand / capacity; imbalance = standard deviation of the loads",
            "a move that brings less than it costs is not made",
        ),
    ),
    Explanation(
        "S9.p2",
        "What would change if the VM's vCPUs were held back (throttled) during the copying?",
        "It would write less per second: the rounds shrink faster, the move ends sooner, and the VM is slow meanwhile.",
        (
            "λ = dirty rate / bandwidth decides; throttling lowers the dirty rate",
            "the price is paid by the users of this VM",
        ),
    ),
    Explanation(
        "S9.p6",
        "Every single move made the hosts more even. Why did the requests become slower?",
        "They answered noise that was over before the next pass; what remained were costs and VMs in wrong places.",
        (
            "a load must last longer than the balancer's pass to be worth following",
            "hysteresis: the load must hold, start and stop are two thresholds, a moved VM rests",
        ),
    ),
    Explanation(
        "S9.p7",
        "What does each of the two balancers see, and what does it move?",
        "The VIM's sees demand per host and moves VMs; the other sees requests and chooses an instance for each.",
        ("seconds to minutes against milliseconds", "each cures only its own illness"),
    ),
)

PAIRS = (("A", 95, "B", 20), ("esx7", 92, "esx3", 15), ("node1", 97, "node2", 30), ("rack1", 90, "rack4", 25))


def first_action(seed):
    """c1: two hosts, one web pool; what to do first."""
    hot, much, cool, little = PAIRS[seed % len(PAIRS)]
    options = [
        ("find out which VMs make the load, then move one of them", None),
        (f"weight the balancer to the instance on {cool}", "S9.m1"),
        ("migrate as many VMs as possible", "S9.m4"),
        (f"give both hosts the same number of VMs, starting on {hot}", "S9.m2"),
    ]
    keyed, correct = turned(seed, options)
    return Question(
        "S9.c1",
        f"Host {hot} is at {much} %, host {cool} at {little} %. The web pool has one instance on each; requests go "
        "round robin. Which first action is best?",
        keyed,
        correct,
        why="Weighting helps only if the load comes from this web pool, and nobody has looked yet. Moving costs, so "
        "one knows first what to move.",
        variant=first_action,
    )


QUESTIONS = (first_action(0),)
