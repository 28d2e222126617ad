"""Can every VM have a host so that no two that are to be apart share one? Colouring a graph, with hosts as colours.

    a ─── b        four VMs, each apart from each other one: any rule alone is easy to keep,
    │ ╲ ╱ │        all six together need four hosts
    │ ╱ ╲ │
    c ─── d

No quick method is known for all graphs. Most are easy: a VM that has more hosts to go to than neighbours finds one
whatever the others do, and is left out, and so on. What remains is tried out, the VM with the fewest hosts left first,
until a way is found, or there is none, or STEPS are used up: then nobody knows, and the rule is taken.
"""

STEPS = 100_000  # chosen: a tenth of a second or two
MOST_VMS, MOST_PAIRS = 300, 250_000  # beyond that nothing is tried


def impossible(room, apart):
    """VMs for which there is certainly no way, else (). room: VM → list of hosts; apart: VM → set of VMs."""
    hard = core(room, apart)
    if not hard or len(hard) > MOST_VMS:
        return ()
    bits = {host: 1 << at for at, host in enumerate(dict.fromkeys(host for vm in hard for host in room[vm]))}
    masks = {vm: sum(bits[host] for host in room[vm]) for vm in hard}
    return tuple(sorted(hard)) if tried(masks, apart, [STEPS]) is False else ()


def core(room, apart):
    """The VMs that are left when, again and again, one with more hosts than neighbours is left out."""
    left = {vm: len(others) for vm, others in apart.items()}  # how many neighbours are left
    easy = [vm for vm in left if len(room[vm]) > left[vm]]
    while easy:
        vm = easy.pop()
        if left.pop(vm, None) is not None:
            for other in sorted(apart[vm] & left.keys()):
                left[other] -= 1
                if len(room[other]) > left[other]:
                    easy.append(other)
    return list(left)


def tried(room, apart, steps):
    """True if all VMs in `room` (VM → its hosts as bits) can have a host each, False if they cannot, None if `steps`
    [how many] are used up."""
    if not room:
        return True
    vm = min(room, key=lambda each: (room[each].bit_count(), each))
    hosts, seen = room[vm], set()
    while hosts:
        bit = hosts & -hosts
        hosts ^= bit
        steps[0] -= len(room)
        if steps[0] < 0:
            return None
        alike = tuple(other for other in room if room[other] & bit)
        if alike in seen:  # a host that the same VMs may have as one before is as good as that one
            continue
        seen.add(alike)
        rest = {other: mask & ~bit if other in apart[vm] else mask for other, mask in room.items() if other != vm}
        found = tried(rest, apart, steps)
        if found is not False:
            return found
    return False
