"""VMM.T2, the scenarios: one host and its VMs at one moment, in six families, short ones first.

The seed draws names, vCPUs, shares, demands and capacities; each family keeps what makes it one (enough for all,
demand below the share, a reservation above the share, …).
"""

from random import Random

from labkit.lab.task import Scenario

NAMES = ("web", "db", "mail", "erp", "wiki", "build", "test", "dns")
CORE_MHZ = 2500
FAMILIES = {
    "enough for all": 0.5,
    "shares": 0.5,
    "little demand": 0.5,
    "reservations": 0.5,
    "limits": 0.5,
    "all together": 0.5,
}


def scenarios(seed):
    """Thirty moments."""
    luck = Random(f"VMM.T2/{seed}").random
    made = [
        *(("enough for all", *enough(luck, n)) for n in (1, 2, 2, 4)),
        *(("shares", *shares(luck, n)) for n in (2, 2, 3, 4, 6)),
        *(("little demand", *little(luck, n)) for n in (2, 2, 3, 4, 6)),
        *(("reservations", *reservations(luck, n, idle)) for n, idle in ((2, 0), (2, 1), (3, 0), (3, 1), (5, 1))),
        *(("limits", *limits(luck, n, room)) for n, room in ((1, 1), (2, 1), (2, 0), (3, 0), (5, 0))),
        *(("all together", *together(luck, n)) for n in (3, 4, 5, 6, 7, 8)),
    ]
    return [
        Scenario(family, seed * 100 + number, title(capacity, vms), {"capacity_mhz": capacity, "vms": vms})
        for number, (family, capacity, vms) in enumerate(made)
    ]


def title(capacity, vms):
    """The moment in words."""
    return f"{capacity:,} MHz for {', '.join(map(words, vms))}"


def words(vm):
    """One VM in words."""
    said = [f"{vm['shares']:,} shares", f"demands {vm['demand_mhz']:,}"]
    said += [f"{vm['reservation_mhz']:,} reserved"] if vm["reservation_mhz"] else []
    said += [f"limit {vm['limit_mhz']:,}"] if vm["limit_mhz"] is not None else []
    return f"{vm['name']} ({vm['vcpus']} vCPU{'s' * (vm['vcpus'] > 1)}, {', '.join(said)})"


def several(luck, n):
    """`n` VMs that would use all their vCPUs. The first two differ in vCPUs and in level, so that neither shares nor
    vCPUs can be mistaken for the other."""
    names, first = list(NAMES), one_of(luck, ((1, 2), (2, 4), (1, 4)))
    vms = []
    for at in range(n):
        vcpus = first[at] if at < 2 else one_of(luck, (1, 2, 4))
        level = (500, 2000)[at] if at < 2 else one_of(luck, (500, 1000, 2000, 1500))
        vms.append(
            {
                "name": names.pop(int(luck() * len(names))),
                "vcpus": vcpus,
                "shares": level * vcpus,
                "demand_mhz": vcpus * CORE_MHZ,
                "reservation_mhz": 0,
                "limit_mhz": None,
            }
        )
    return vms[::-1] if luck() < 0.5 else vms


def enough(luck, n):
    """Everybody gets what it demands, whatever the shares."""
    vms = several(luck, n)
    for vm in vms:
        vm["demand_mhz"] = hundreds(vm["demand_mhz"] * (0.3 + 0.6 * luck()))
    return total(vms) + 100 + hundreds(luck() * 2000), vms


def shares(luck, n):
    """Everybody demands more than its share; with two VMs even more than the host has."""
    vms = several(luck, n)
    low, part = min(vm["demand_mhz"] for vm in vms), 0.5 + 0.4 * luck()
    return hundreds(part * low) if n == 2 else scarce(vms, part), vms


def little(luck, n):
    """One demands less than its share (from three VMs on another one, too); what it leaves is for the others."""
    vms = several(luck, n)
    capacity, all_shares = scarce(vms, 0.6), sum(vm["shares"] for vm in vms)
    for vm in vms[: 1 if n == 2 else 2]:
        vm["demand_mhz"] = tens(capacity * vm["shares"] / all_shares * (0.2 + 0.3 * luck()))
    return capacity, vms


def reservations(luck, n, idle):
    """The first has reserved more than its share; with `idle` the second has a reservation that it does not use."""
    vms = several(luck, n)
    capacity, all_shares = scarce(vms, 0.7), sum(vm["shares"] for vm in vms)
    fair = capacity * vms[0]["shares"] / all_shares
    vms[0]["reservation_mhz"] = tens(min(fair * (1.2 + 0.2 * luck()), (capacity + fair) / 2, vms[0]["demand_mhz"]))
    if idle:
        left = capacity - vms[0]["reservation_mhz"]
        vms[1]["reservation_mhz"] = tens(left * (0.5 + 0.3 * luck()))
        vms[1]["demand_mhz"] = tens(vms[1]["reservation_mhz"] * 0.2 * luck())
    return capacity, vms


def limits(luck, n, room):
    """The first has a limit below its share; with `room` there would be enough for its whole demand."""
    vms = several(luck, n)
    if room:
        vms[0]["limit_mhz"] = hundreds(vms[0]["demand_mhz"] * (0.3 + 0.4 * luck()))
        return sum(vm["demand_mhz"] for vm in vms) + 500, vms
    capacity, all_shares = scarce(vms, 0.7), sum(vm["shares"] for vm in vms)
    vms[0]["limit_mhz"] = tens(capacity * vms[0]["shares"] / all_shares * (0.3 + 0.4 * luck()))
    return capacity, vms


def together(luck, n):
    """A reservation that costs the others so much that one of them no longer reaches its demand; with more VMs also an
    idle reservation and a limit."""
    vms = several(luck, n)
    for vm in vms:
        vm["vcpus"], vm["demand_mhz"], vm["shares"] = 4, 4 * CORE_MHZ, vm["shares"] // vm["vcpus"]
    sure, small = vms[0], vms[1]
    capacity, all_shares = 1000 * n + hundreds(luck() * 2000), sum(vm["shares"] for vm in vms)
    fair = capacity / all_shares
    sure["reservation_mhz"] = tens((capacity + fair * sure["shares"]) / 2)
    small["demand_mhz"] = tens(fair * small["shares"] * 0.8) + 10
    if n > 3:
        vms[2]["limit_mhz"] = tens(fair * vms[2]["shares"] * 0.3) + 10
    if n > 4:
        vms[3]["reservation_mhz"] = tens((capacity - sure["reservation_mhz"]) * 0.4)
        vms[3]["demand_mhz"] = tens(vms[3]["reservation_mhz"] * 0.3)
    return capacity, vms


def scarce(vms, part):
    """A capacity at which everybody's share is below its demand."""
    all_shares = sum(vm["shares"] for vm in vms)
    return hundreds(part * min(vm["demand_mhz"] * all_shares / vm["shares"] for vm in vms))


def total(vms):
    return sum(vm["demand_mhz"] for vm in vms)


def one_of(luck, some):
    return some[int(luck() * len(some))]


def hundreds(number):
    return max(100, round(number / 100) * 100)


def tens(number):
    return round(number / 10) * 10
