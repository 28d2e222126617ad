"""S10.T2: the reference, and the wrong configurations. Each differs in one habit."""

from labkit.lab.task import Mutant

CONFIGURATION = {
    "interval_s": 1,
    "misses": 8,
    "fencing": True,
    "replication": "sync",
    "redirect": "address",
    "drill_days": 30,
}


def but(**other):
    """The reference, but."""
    return {**CONFIGURATION, **other}


MUTANTS = {
    "fast heartbeat": Mutant(but(interval_s=0.1, misses=3), "S10.m4"),
    "two beats are enough": Mutant(but(misses=2), "S10.m4"),
    "the course's example for every network": Mutant(but(misses=3)),
    "slow, to be safe": Mutant(but(misses=15)),
    "asynchronous replication": Mutant(but(replication="async"), "S10.m5"),
    "each its own disk": Mutant(but(replication="none"), "S10.m5"),
    "DNS": Mutant(but(redirect="dns")),
    "no fencing": Mutant(but(fencing=False), "S8.m3"),
    "never a drill": Mutant(but(drill_days=None), "S10.m3"),
    "a drill once a year": Mutant(but(drill_days=365), "S10.m3"),
    "a value is missing": Mutant({name: CONFIGURATION[name] for name in CONFIGURATION if name != "fencing"}),
}
