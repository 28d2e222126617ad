"""Whose memory goes first: shares per page, and the tax on idle memory.

    rho = shares / (pages × (f + k × (1 − f)))        f: part of the pages in active use,  k = 1 / (1 − tax)

The VM with the lowest rho pays: it holds much for few shares. With the tax of 75 % (k = 4) an idle page counts as four
active ones, so a VM that hoards pages loses them to one that works, even if it was given more shares. Without tax
(k = 1) shares alone decide, and what nobody uses stays where it is.

Source: C. Waldspurger, 'Memory Resource Management in VMware ESX Server', OSDI 2002, sections 5.1–5.3; documented
default: `Mem.IdleTax` = 75. Nobody tells the host how large f is: it estimates it (see VmMemory.sample).

What the real one does differently: it works out a target for each VM every 15 s (`Mem.BalancePeriod`) and reclaims
towards it; we take step by step from the lowest rho, which ends in the same place.
"""

from labkit.world.errors import number

TAX = 0.75


def rho(shares, pages, active_part, tax=TAX):
    """Shares per page, idle pages taxed. Infinite for a VM that holds nothing. Raises LabError for a tax of 1 or
    more."""
    k = 1 / (1 - number(tax, "tax", most=0.99))
    active_part = min(max(active_part, 0.0), 1.0)
    return shares / (pages * (active_part + k * (1 - active_part))) if pages > 0 else float("inf")


def poorest(vms, price):
    """The VM that pays: lowest price per page, the earlier name where two are equal; None if there is none."""
    return min(vms, key=lambda vm: (price(vm), vm.name), default=None)
