"""VMM.T3: the hosts on which the rule is tried. All amounts are whole MiB, so that nothing hangs on a rounding."""

from random import Random

from labkit.lab.task import Scenario

ORDER_FAMILY, PROMISES, PRICE = "one means after the other", "what was promised", "who gives first"
FAMILIES = {ORDER_FAMILY: 1, PROMISES: 1, PRICE: 1}
SIZES = (2560, 3840, 5120, 7680)
NAMES = ("web", "db", "mail", "shop", "build", "wiki")


def scenarios(seed):
    """Thirty hosts, the smaller ones first in each family."""
    luck = Random(f"VMM.T3/{seed}").random
    told = [*in_order(luck), *promised(luck), *priced(luck)]
    return [Scenario(family, seed * 100 + i, title, data) for i, (family, title, data) in enumerate(told)]


def in_order(luck):
    """How far the ladder must be climbed: the need grows from what sharing gives to what only swapping gives."""
    for count in (1, 2, 3):
        for reach in ("share", "balloon", "swap"):
            vms = [vm(luck, name) for name in NAMES[:count]]
            salting = 2 if reach != "share" or count != 2 else 0
            need = needed(luck, vms, reach)
            yield ORDER_FAMILY, *host(luck, vms, need, salting)


def promised(luck):
    """Reservations, missing drivers, full balloons; sometimes everything that may be taken is not enough."""
    for count in (1, 2, 3):
        for trap in ("reservation", "driver", "balloon"):
            vms = [vm(luck, name, trap=trap if i == 0 else None, alike=False) for i, name in enumerate(NAMES[:count])]
            too_much = 1.1 if count == 2 and trap == "reservation" else 0.9
            most = sum(each["memory_mib"] - each["balloon_mib"] - each["reservation_mib"] for each in vms)
            yield PROMISES, *host(luck, vms, round(most * too_much), 2)


def priced(luck):
    """Four pairs in which one wrong price each looks right: by number of shares, by size, by idleness, without tax. In
    the first two one VM pays alone, in the others both come to pay in turn. Bystanders have not a page to spare."""
    for count in (2, 3, 4):
        large, small = pick(luck, SIZES[2:]), pick(luck, SIZES[:2])
        pairs = (
            (("normal", large, between(luck, 0.15, 0.25)), ("normal", small, between(luck, 0.7, 0.8)), 0.3 * large),
            (("normal", small, between(luck, 0.15, 0.25)), ("normal", large, between(luck, 0.7, 0.8)), 0.3 * small),
            (("normal", large, between(luck, 0.3, 0.4)), ("low", large, between(luck, 0.6, 0.7)), 0.8 * large),
            (("high", large, between(luck, 0.05, 0.15)), ("normal", large, between(luck, 0.85, 0.95)), 0.8 * large),
        )
        for *pair, need in pairs:
            vms = [vm(luck, name, shares=level, memory=memory, active=active, alike=False)
                   for name, (level, memory, active) in zip(NAMES, pair, strict=False)]  # fmt: skip
            vms += [vm(luck, name, alike=False, trap="all reserved") for name in NAMES[2:count]]
            yield PRICE, *host(luck, vms, round(need), 2)


def vm(luck, name, *, shares="normal", memory=None, active=None, trap=None, alike=True):
    """One VM as data. The trap: all or nearly all of it reserved, no driver, or a balloon near its cap."""
    memory = pick(luck, SIZES) if memory is None else memory
    least = round(0.15 * memory) + 160  # shared and compressed pages can never reach into it
    reserved = {"reservation": round(memory * between(luck, 0.75, 0.85)), "all reserved": memory}.get(trap, least)
    balloon = round(memory * between(luck, 0.55, 0.6)) if trap == "balloon" else 0
    return {
        "name": name,
        "memory_mib": memory,
        "level": shares,
        "reservation_mib": reserved,
        "balloon_mib": balloon,
        "driver": trap != "driver",
        "active": between(luck, 0.2, 0.8) if active is None else active,
        "alike_mib": round(between(luck, 60, 160)) if alike else 0,
        "alike_others_mib": round(between(luck, 100, 250)) if alike else 0,
        "compressible": 0.3,
    }


def needed(luck, vms, reach):
    """MiB that need the means `reach`, and no dearer one."""
    share = sum(each["alike_mib"] for each in vms)
    if reach == "share":
        return round(share * (0.6 + 0.3 * luck()))
    balloon = sum(min(0.65 * each["memory_mib"], each["memory_mib"] - each["reservation_mib"]) for each in vms)
    if reach == "balloon":
        return round(share + balloon * (0.4 + 0.3 * luck()))
    return round(sum(each["memory_mib"] - each["reservation_mib"] for each in vms) * (0.9 + 0.05 * luck()))


def host(luck, vms, need, salting):
    """(title, data) of a host that is `need` MiB short."""
    free = 100 + round(200 * luck())
    words = ", ".join(describe(each) for each in vms)
    salted = "" if salting else ", no salting"
    return f"{need} MiB are missing{salted}: {words}", {
        "free_mib": free,
        "target_mib": free + need,
        "salting": salting,
        "vms": vms,
    }


def describe(each):
    """A VM in a few words."""
    said = [f"{each['memory_mib']} MiB, shares {each['level']}, {each['active']:.0%} active"]
    said += [f"{each['reservation_mib']} reserved"]
    said += ["no balloon driver"] if not each["driver"] else []
    said += [f"balloon {each['balloon_mib']}"] if each["balloon_mib"] else []
    return f"{each['name']} ({', '.join(said)})"


def between(luck, low, high):
    """A number between the two, with two places."""
    return round(low + (high - low) * luck(), 2)


def pick(luck, some):
    return some[int(luck() * len(some))]
