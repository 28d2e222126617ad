"""Rules that cannot all hold: found when the last one of them is written, and refused with the names of both.

    together(a, b)  and  together(b, c)  and  apart(a, c)      a, b and c are one block: it cannot be apart from itself
    on(a: esx1)     and  off(a: esx1)                          no host is left for a
    apart(a, b, c)  with two hosts to go to                    three blocks, two hosts

Only *must* rules contradict: a 'should' gives way. Whether three blocks find three hosts is a matching of blocks and
hosts (Kuhn's augmenting paths); that is asked for each rule 'apart' by itself. Whether several of them hold *at once*
is graph colouring (colouring.py), which is given up where it would take long; there, and where groups overlap, the
placement finds out VM by VM.
"""

from labkit.vim.placement.colouring import MOST_PAIRS, impossible
from labkit.world.errors import LabError


def refuse(rule, others, hosts):
    """Raise LabError (409) if `rule` cannot hold beside the `others`; `hosts`: names of all hosts."""
    if not rule.must:
        return
    musts = [*(other for other in others if other.must), rule]
    block = blocks(musts)
    _torn(rule, musts, block)
    room = allowed(musts, block, hosts)
    for lead, names in room.items():
        if not names:
            raise _no(rule, f"no host is left for {said(lead, block)}", musts, {lead}, block)
    for apart in musts:
        if apart.kind == "apart" and apart.vms:
            leads = [block[member] for member in members(apart)]
            if not matched(leads, {lead: room.get(lead, list(hosts)) for lead in leads}):
                why = f"{len(leads)} VMs of {apart.name!r} are to be apart, and too few hosts are left for them"
                raise _no(rule, why, musts, set(leads), block)
    _crowded(rule, musts, block, room, hosts)


def _crowded(rule, musts, block, room, hosts):
    """All rules 'apart' together."""
    groups = [{block[member] for member in members(each)} for each in musts if each.kind == "apart" and each.vms]
    if len(groups) < 2 or sum(len(leads) ** 2 for leads in groups) > MOST_PAIRS:
        return
    apart = {}
    for leads in groups:
        for lead in leads:
            apart.setdefault(lead, set()).update(leads - {lead})
    hard = impossible({lead: room.get(lead, list(hosts)) for lead in apart}, apart)
    if hard:
        why = f"no {len(hosts)} hosts keep {', '.join(hard[:6])}{' …' * (len(hard) > 6)} apart as all the rules want"
        raise _no(rule, why, musts, set(hard), block)


def members(rule):
    """What a rule binds: VMs one by one, a group or a project as a whole."""
    if rule.vms:
        return [f"VM {name}" for name in rule.vms]
    return [rule.whom]


def blocks(musts):
    """Member → the first of those that must be together with it (itself, if there are none)."""
    lead = {member: member for rule in musts for member in members(rule)}
    for rule in musts:
        if rule.kind == "together":
            old = {lead[member] for member in members(rule)}
            first = min(old)
            lead.update({member: first for member, its in lead.items() if its in old})
    return lead


def _torn(rule, musts, block):
    """No block may be apart from itself."""
    together = {member for each in musts if each.kind == "together" for member in members(each)}
    for apart in musts:
        if apart.kind != "apart":
            continue
        named = members(apart)
        whole = [name for name in named if name in together and not apart.vms]
        twice = [name for i, name in enumerate(named) if block[name] in {block[other] for other in named[:i]}]
        if whole or twice:
            lead = block[(whole or twice)[0]]
            raise _no(rule, f"{said(lead, block)} cannot be together and apart at once", musts, {lead}, block)


def allowed(musts, block, hosts):
    """Block → names of the hosts that the rules 'on' and 'off' leave it, in the order of the hosts."""
    room = {lead: list(hosts) for lead in block.values()}
    for rule in musts:
        if rule.hosts:
            for lead in {block[member]: None for member in members(rule)}:
                room[lead] = [host for host in room[lead] if (host in rule.hosts) == (rule.kind == "on")]
    return room


def matched(leads, room):
    """Whether each of the blocks can have a host of its own."""
    taken = {}

    def find(lead, tried):
        for host in room[lead]:
            if host not in tried:
                tried.add(host)
                if host not in taken or find(taken[host], tried):
                    taken[host] = lead
                    return True
        return False

    return len(leads) <= len(set().union(*room.values())) and all(find(lead, set()) for lead in leads)


def said(lead, block):
    """A block in words."""
    names = sorted(member for member, its in block.items() if its == lead)
    return names[0] if len(names) == 1 else f"the block of {', '.join(names)}"


def _no(rule, why, musts, leads, block):
    """The refusal of a rule, with the names of those it quarrels with: all that speak of one of these blocks."""
    others = [each.name for each in musts if each is not rule and leads & {block[member] for member in members(each)}]
    beside = f" (beside {', '.join(map(repr, others))})" if others else ""
    return LabError(f"rule {rule.name!r} cannot be: {why}{beside}", 409, True, "drop one of them, or say must=False")
