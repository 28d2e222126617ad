"""S10.T1: the reference, and the wrong controllers. Each differs in one place."""

from labkit.lab.task import Mutant


def standby(now, last_heartbeat, fenced, memory):
    """The reference: make sure first, and again whenever the old one is back."""
    if fenced:
        memory["active"] = True
        return ["promote"]
    silent = now - last_heartbeat >= 4
    return ["fence"] if silent or memory.get("active") else []


def after(silence_s):
    """The reference with another patience."""

    def wrong(now, last_heartbeat, fenced, memory):
        if fenced:
            memory["active"] = True
            return ["promote"]
        return ["fence"] if now - last_heartbeat >= silence_s or memory.get("active") else []

    return wrong


def at_once(*acts):
    """Silence is answered with these acts, without waiting for the power switch."""

    def wrong(now, last_heartbeat, fenced, memory):
        silent = now - last_heartbeat >= 4
        return list(acts) if silent and not fenced else []

    return wrong


def never_again(now, last_heartbeat, fenced, memory):
    """What was off stays off, does it not?"""
    if fenced:
        return ["promote"]
    return ["fence"] if now - last_heartbeat >= 4 else []


def once_suspected(now, last_heartbeat, fenced, memory):
    """A suspicion is never withdrawn."""
    memory["suspected"] = memory.get("suspected", False) or now - last_heartbeat >= 4
    return ["promote"] if fenced else ["fence"] if memory["suspected"] else []


def ordered_once(now, last_heartbeat, fenced, memory):
    """An order that was given is carried out, is it not?"""
    if fenced:
        memory.update(active=True, ordered=False)
        return ["promote"]
    if memory.get("ordered") or not (now - last_heartbeat >= 4 or memory.get("active")):
        return []
    memory["ordered"] = True
    return ["fence"]


def believes_after_a_while(now, last_heartbeat, fenced, memory):
    """The switch has had time enough, it will have worked."""
    silence_s = now - last_heartbeat
    if fenced or silence_s >= 7:
        memory["active"] = True
        return ["promote"]
    return ["fence"] if silence_s >= 4 or memory.get("active") else []


def one_word(now, last_heartbeat, fenced, memory):
    """A word instead of a list of words."""
    return "promote" if fenced else "fence"


MUTANTS = {
    "no heartbeat = dead, so just promote": Mutant(at_once("promote"), "S8.m2"),
    "fail over on the first lost heartbeat": Mutant(after(1), "S10.m4"),
    "promote, then fence": Mutant(at_once("promote", "fence"), "S8.m3"),
    "wait for a human": Mutant(lambda now, last_heartbeat, fenced, memory: []),
    "long timeout, to be safe": Mutant(after(30)),
    "fence and promote in one breath": Mutant(at_once("fence", "promote")),
    "two lost beats are enough": Mutant(after(2), "S10.m4"),
    "an old active that comes back knows its place": Mutant(never_again, "S10.m6"),
    "once suspected, always suspected": Mutant(once_suspected),
    "a fence that was ordered has worked": Mutant(believes_after_a_while),
    "a fence is ordered once": Mutant(ordered_once),
    "a word instead of a list": Mutant(one_word),
}
