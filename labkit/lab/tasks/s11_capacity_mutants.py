"""S11.T1: the reference and the wrong ones."""

from math import ceil, floor

from labkit.lab.task import Mutant


def nodes(peak, per_node, k, target, zones):
    """The reference: those that are left must do; then add who dies, and spread evenly."""
    need = ceil(round(peak / (per_node * target), 6)) + k
    n = need
    while zones > 1 and n - ceil(n / zones) < need:
        n += 1
    return [n // zones + (zone < n % zones) for zone in range(zones)]


def spread(n, zones):
    return [n // zones + (zone < n % zones) for zone in range(zones)]


def uneven(peak, per_node, k, target, zones):
    """The right number, and everybody in the first zone but one."""
    n = sum(nodes(peak, per_node, k, target, zones))
    return [n - (zones - 1)] + [1] * (zones - 1)


def zone_is_a_node(peak, per_node, k, target, zones):
    return spread(ceil(round(peak / (per_node * target), 6)) + k + (zones > 1), zones)


def whole_in_each(peak, per_node, k, target, zones):
    need = ceil(round(peak / (per_node * target), 6)) + k
    return [need] * zones


def target_before(peak, per_node, k, target, zones):
    """The target holds while all are alive."""
    need = max(ceil(round(peak / (per_node * target), 6)), ceil(peak / per_node) + k)
    n = need
    while zones > 1 and n - ceil(n / zones) < ceil(peak / per_node) + k:
        n += 1
    return spread(n, zones)


def needed(round_up=ceil, more=lambda k: k, share=lambda target: target, zoned=True):
    """The reference with one thing different."""

    def wrong(peak, per_node, k, target, zones):
        need = round_up(round(peak / (per_node * share(target)), 6)) + more(k)
        n = need
        while zoned and zones > 1 and n - ceil(n / zones) < need:
            n += 1
        return spread(max(n, 1), zones)

    return wrong


MUTANTS = {
    "ceil(peak / per_node)": Mutant(
        lambda peak, per_node, k, target, zones: spread(ceil(peak / per_node), zones), "S11.m1"
    ),
    "nobody dies": Mutant(needed(more=lambda k: 0)),
    "+1 although k = 2": Mutant(needed(more=lambda k: min(k, 1))),
    "zones uneven": Mutant(uneven),
    "a zone is like one node more": Mutant(zone_is_a_node),
    "everything in each zone": Mutant(whole_in_each),
    "double everything": Mutant(
        lambda peak, per_node, k, target, zones: spread(2 * ceil(round(peak / (per_node * target), 6)), zones)
    ),
    "no target, 100 % is full": Mutant(needed(share=lambda target: 1)),
    "the target while all are alive": Mutant(target_before),
    "rounded, not rounded up": Mutant(needed(round_up=round)),
    "rounded down": Mutant(needed(round_up=floor)),
    "one more for safety": Mutant(needed(more=lambda k: k + 1)),
}
