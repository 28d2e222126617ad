"""What one vCenter is documented to carry. Beyond it nothing breaks with a bang; here it is refused, and says why.

The surprise: 'up to 2500 hosts' is per vCenter and per version, and clusters are far smaller. At 64 hosts each, a full
vCenter has at least 40 clusters, and a restart after a failure, DRS and admission control end at a cluster's edge.

Sources: vSphere 5.5 to 8.0 'Configuration Maximums' (documents, https://configmax.broadcom.com); hosts and powered-on
VMs of 7.0/8.0, hosts per cluster of 5.5 and 6.0 are confirmed by a second document, the others are documented defaults
to look up there. What the real one does differently: most of these are tested and supported sizes, not walls.
"""

from dataclasses import dataclass

from labkit.vsphere.faults import fault
from labkit.world.errors import unknown


@dataclass(frozen=True)
class Maxima:
    """The configuration maxima of one version."""

    version: str
    hosts: int
    powered_on_vms: int
    registered_vms: int
    hosts_per_cluster: int
    vms_per_cluster: int
    vms_per_host: int = 1024

    def allow(self, what, count, where="vCenter"):
        """Return if `count` is not more than this maximum; else LabError (507, InsufficientResourcesFault)."""
        most = getattr(self, what)
        if count > most:
            words = what.replace("_", " ").replace("vms", "VMs")
            raise fault(
                "InsufficientResourcesFault",
                f"{count} {words.split(' per ')[0]} in {where}: vSphere {self.version} is documented for {most}",
                "see https://configmax.broadcom.com; take another vCenter, cluster or version",
            )


MAXIMA = {
    maxima.version: maxima
    for maxima in (
        Maxima("5.5", 1000, 10000, 15000, 32, 3000, 512),
        Maxima("6.0", 1000, 10000, 15000, 64, 8000),
        Maxima("6.7", 2000, 25000, 35000, 64, 8000),
        Maxima("7.0", 2500, 40000, 45000, 64, 8000),
        Maxima("8.0", 2500, 40000, 45000, 96, 10000),
    )
}


def maxima(version="8.0"):
    """The Maxima of a version. LabError with the versions there are."""
    if not isinstance(version, str) or version not in MAXIMA:
        raise unknown("vSphere version", version, MAXIMA)
    return MAXIMA[version]
