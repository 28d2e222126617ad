"""What is really there, for people and graders. No component may ask: it knows only what messages have told it."""


def running(world):
    """{VM: [hosts on which it runs at this moment]}, in the order of the names. Two hosts are one too many."""
    found = {}
    for component in world.components.values():
        if hasattr(component, "domains") and hasattr(component, "manager"):  # a Vmm or a LeanVmm
            for name, domain in component.domains.items():
                if domain.state in ("running", "blocked"):
                    found.setdefault(name, []).append(component.name)
    return dict(sorted(found.items()))


def twice(world):
    """VMs of which two copies run, with their hosts."""
    return {name: hosts for name, hosts in running(world).items() if len(hosts) > 1}
