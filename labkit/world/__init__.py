"""labkit.world: time, randomness, links and messages, faults, trace."""
