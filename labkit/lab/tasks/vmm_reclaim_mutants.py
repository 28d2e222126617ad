"""VMM.T3: the reference, and the wrong rules. Every wrong one differs in exactly one place."""

from labkit.lab.task import Mutant


def next_step(host, vms):
    """The reference: the first means that anybody can still give, from the VM with the lowest rho."""
    missing = host["target_mib"] - host["free_mib"]

    def room(vm, action):
        above = vm["held_mib"] - vm["reservation_mib"]
        if action == "share":
            return vm["alike_mib"] + (vm["alike_others_mib"] if host["salting"] == 0 else 0)
        if action == "balloon":
            return min(above, 0.65 * vm["memory_mib"] - vm["balloon_mib"]) if vm["driver"] else 0
        return min(above, vm["compressible_mib"]) if action == "compress" else above

    def rho(vm):
        return vm["shares"] / (vm["held_mib"] * (vm["active"] + 4 * (1 - vm["active"])))

    for action in ("share", "balloon", "compress", "swap"):
        able = [vm for vm in vms if room(vm, action) > 0]
        if missing > 0 and able:
            vm = min(able, key=rho)
            return [action, vm["name"], min(host["step_mib"], missing, room(vm, action))]
    return None


def altered(
    order=("share", "balloon", "compress", "swap"),
    above=lambda vm: vm["held_mib"] - vm["reservation_mib"],
    cap=0.65,
    asks_driver=True,
    salted=lambda host: host["salting"] != 0,
    price=lambda vm: vm["shares"] / (vm["held_mib"] * (vm["active"] + 4 * (1 - vm["active"]))),
    amount=lambda host, missing, room: min(host["step_mib"], missing, room),
):
    """A rule with one bad habit: each argument is the place where one belief shows."""

    def wrong(host, vms):
        missing = host["target_mib"] - host["free_mib"]

        def room(vm, action):
            if action == "share":
                return vm["alike_mib"] + (0 if salted(host) else vm["alike_others_mib"])
            if action == "balloon":
                spare = min(above(vm), cap * vm["memory_mib"] - vm["balloon_mib"])
                return spare if vm["driver"] or not asks_driver else 0
            return min(above(vm), vm["compressible_mib"]) if action == "compress" else above(vm)

        for action in order:
            able = [vm for vm in vms if room(vm, action) > 0]
            if missing > 0 and able:
                vm = min(able, key=price)
                return [action, vm["name"], amount(host, missing, room(vm, action))]
        return None

    return wrong


MUTANTS = {
    "nothing is taken, or nothing is returned": Mutant(lambda host, vms: None),
    "the host takes what the guest does not need": Mutant(altered(asks_driver=False), "VMM.m11"),
    "equal pages are always shared": Mutant(altered(salted=lambda host: False), "VMM.m13"),
    "sharing is never allowed": Mutant(altered(order=("balloon", "compress", "swap"))),
    "swap first": Mutant(altered(order=("swap", "share", "balloon", "compress"))),
    "compress before the balloon": Mutant(altered(order=("share", "compress", "balloon", "swap"))),
    "never swap": Mutant(altered(order=("share", "balloon", "compress"))),
    "a reservation is only a wish": Mutant(altered(above=lambda vm: vm["held_mib"])),
    "the balloon takes all": Mutant(altered(cap=1.0)),
    "shares per page without the tax": Mutant(altered(price=lambda vm: vm["shares"] / vm["held_mib"])),
    "fewest shares first": Mutant(altered(price=lambda vm: vm["shares"])),
    "the idlest first": Mutant(altered(price=lambda vm: vm["active"])),
    "the largest first": Mutant(altered(price=lambda vm: -vm["held_mib"])),
    "always a whole step": Mutant(altered(amount=lambda host, missing, room: min(host["step_mib"], room))),
}
