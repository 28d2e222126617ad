"""A request for a place: a flavour, and what concerns this one VM alone."""

from labkit.world.errors import LabError, words

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
        return f"<request for {self.words() if hasattr(self.spec, 'vcpus') else self.spec!r}>"


def refuse(request):
    """Raise LabError (400) if a request names what is no size and no name. Asked after it has led to an error only."""
    if not isinstance(request, Request) or not hasattr(request.spec, "memory_mib"):
        raise LabError(f"a place is looked for with a Request of a Spec, not {request!r}", 400, True, "Request(Spec())")
    for what, name in (("vm", request.vm), ("project", request.project), ("within", request.within)):
        if name is not None:
            words(name, what)
    for what in ("groups", "hosts", "excluded"):
        several = getattr(request, what)
        if (several is not None or what != "hosts") and not isinstance(several, (tuple, list)):
            raise LabError(f"{what} is a list of names, not {several!r}", 400, True, '("esx1",)')
        for name in several or ():
            words(name, f"one of the {what}")
