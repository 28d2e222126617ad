"""A request for a place: a flavour, and what concerns this one VM alone."""

from labkit.world.errors import LabError

NOBODY = ()


class Request:
    """Where could a VM of this `spec` go?

    vm        its name: rules may name it
    groups    names of the groups it belongs to; they mean something as soon as a rule names them
    project   whose it is: rules may bind a project to hosts
    within    name of a cluster, None: anywhere
    hosts     names: only one of these (an administrator said so); None: any
    excluded  names: none of these (the host it is to leave)
    Raises LabError (400) for anything that cannot be meant.
    """

    __slots__ = ("spec", "vm", "groups", "project", "within", "hosts", "excluded", "plain")

    def __init__(self, spec, vm=None, groups=NOBODY, project=None, within=None, hosts=None, excluded=NOBODY):
        if type(groups) is str or type(hosts) is str or type(excluded) is str:
            why = "groups, hosts and excluded are lists of names"
            raise LabError(why, 400, True, 'one name is written ("esx1",), with its comma')
        self.spec, self.vm, self.groups, self.project = spec, vm, groups, project
        self.within, self.hosts, self.excluded = within, hosts, excluded
        self.plain = hosts is None and not excluded  # nothing but the flavour, and perhaps rules

    @property
    def name(self):
        """The VM's name: a request may stand for its VM in claim() and release()."""
        return self.vm

    def words(self):
        """'db2 (2 vCPU, 4,096 MiB, 10 GiB on san1)'."""
        spec = self.spec
        disk = f"{spec.disk_gib:g} GiB on {spec.datastore or 'the host itself'}"
        return f"{self.vm or 'a VM'} ({spec.vcpus} vCPU, {spec.memory_mib:,g} MiB, {disk})"

    def __repr__(self):
        return f"<request for {self.words()}>"
