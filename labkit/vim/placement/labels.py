"""What hosts *are*: state, cluster, CPU model, networks, datastores. Of 2,500 hosts very few differ in that, so a
question is asked once for each distinct label instead of once for each host.
"""

import numpy as np

NAMES = {
    "state": lambda host: (host.state, host.maintenance),
    "cluster": lambda host: host.cluster,
    "cpu_model": lambda host: host.hardware and host.hardware.cpu_model,
    "networks": lambda host: frozenset(host.hardware.networks) if host.hardware else frozenset(),
    "datastores": lambda host: host.datastores,
}


class Labels:
    """For each name of NAMES the distinct labels in the order in which they were met; per host its label's number."""

    def __init__(self, hosts):
        self.known, self.numbers, self._rows = {name: {} for name in NAMES}, {name: [] for name in NAMES}, {}
        for host in hosts:
            self.add(host)

    def add(self, host):
        """One more host, at the end."""
        for numbers in self.numbers.values():
            numbers.append(0)
        self.read(-1, host)

    def read(self, at, host):
        """The labels of one host anew."""
        self._rows.clear()
        for name, label in NAMES.items():
            known = self.known[name]
            self.numbers[name][at] = known.setdefault(label(host), len(known))

    def where(self, name, holds):
        """Row of True and False: for which hosts does `holds(label)`?"""
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = np.array(self.numbers[name], np.int32)
        return np.array([bool(holds(label)) for label in self.known[name]], bool)[row]
