"""Where a project may run, from which images, and which of its VMs must keep apart.

A *policy* is written by whoever runs the infrastructure and binds everybody; a *rule* of placement is a wish about some
VMs. Policies are handed to placement as conditions of each request, so that a forbidden host is never looked at.
"""

from labkit.world.errors import LabError, words


def names(some, what):
    """A name or several as a tuple, each once, in order."""
    if not isinstance(some, (str, list, tuple, set, frozenset)):
        raise LabError(f"{what} is a text, several are a list of texts, not {some!r}", 400, True)
    several = (some,) if isinstance(some, str) else tuple(sorted(some) if isinstance(some, (set, frozenset)) else some)
    return tuple(dict.fromkeys(words(name, what) for name in several))


class Places:
    """images      project -> templates it may use (missing: any)
    clusters    project -> clusters it may use (missing: any)
    hosts       project -> hosts it may use (missing: any)
    owners      host -> the one project that may use it
    apart       groups whose members never share a host;   near: groups whose members always do
    """

    def __init__(self):
        self.images, self.clusters, self.hosts, self.owners = {}, {}, {}, {}
        self.apart, self.near = set(), set()

    def copy(self):
        """The same once more, to try a change on."""
        other = Places()
        for name, value in vars(self).items():
            setattr(other, name, type(value)(value))
        return other

    def may_use(self, project, host, cluster):
        """True if this project may run on that host."""
        owner = self.owners.get(host)
        if owner is not None and owner != project:
            return False
        allowed, clusters = self.hosts.get(project), self.clusters.get(project)
        return (allowed is None or host in allowed) and (clusters is None or cluster in clusters)

    def why_not(self, project, host, cluster):
        """The policy that keeps this project off that host, in words; None if there is none."""
        owner = self.owners.get(host)
        if owner is not None and owner != project:
            return f"{host} is exclusive to project {owner!r}"
        if not self.may_use(project, host, cluster):
            allowed = self.hosts.get(project) or self.clusters[project]
            return f"project {project!r} may use {', '.join(allowed)} only"
        return None

    def where(self, project, hosts):
        """The names of the hosts (records with name and cluster) that a project may use."""
        return tuple(host.name for host in hosts if self.may_use(project, host.name, host.cluster))

    def conditions(self, project, hosts):
        """What placement must be told about a request of this project: {} if it may go anywhere."""
        if project in self.hosts or len(self.clusters.get(project, ())) > 1:
            return {"hosts": self.where(project, hosts)}
        foreign = tuple(host for host, owner in self.owners.items() if owner != project)
        told = {"excluded": foreign} if foreign else {}
        if project in self.clusters:
            told["within"] = self.clusters[project][0]
        return told

    def image_refused(self, project, template):
        """Why this project may not start from this template, or None."""
        allowed = self.images.get(project)
        if allowed is None or template in allowed:
            return None
        said = f"template {template!r}" if template else "a VM without a template"
        return f"image: {said} is not allowed for project {project!r}; allowed: {', '.join(allowed) or 'none'}"

    def crowded(self, groups, host, others):
        """Why a VM of these groups may not go to `host`; `others` are the VMs there (names and groups)."""
        for group in groups:
            if group in self.apart:
                for name, theirs in others:
                    if group in theirs:
                        return f"group {group!r} must keep apart, and {name} is on {host}"
        return None


def missing(kind, name, there):
    """LabError (404) for a cluster or host that there is not."""
    return LabError(f"there is no {kind} {name!r}", 404, True, f"known: {', '.join(sorted(map(str, there))) or 'none'}")


def known(there, clusters, hosts):
    """Raise LabError (404) for a cluster or host that is not `there` (records by name)."""
    named = {host.cluster for host in there.values()} - {None}
    for kind, wanted, have in (("cluster", clusters, named), ("host", hosts, there)):
        for name in wanted:
            if name not in have:
                raise missing(kind, name, have)
