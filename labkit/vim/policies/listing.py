"""The policies as a table: per project what it may, what it holds, and what it has asked for."""

from labkit.vim.policies.claims import SIZES
from labkit.vim.policies.limits import figure
from labkit.world.draw import escape

HEAD = ("project", "memory MiB", "vCPUs", "disk GiB", "VMs", "reserved", "images", "where")
ORDER = ("memory_mib", "vcpus", "disk_gib", "vms")


class Listing:
    """Rows of text in the order of HEAD: 'used + pending of quota'."""

    def __init__(self, policies):
        allowed = policies.allowed
        projects = dict.fromkeys((
            *policies.quotas, *policies.reservations, *allowed.images, *allowed.clusters, *allowed.hosts,
            *allowed.owners.values(), *policies.claims.projects(),
        ))  # fmt: skip
        self.rows = [_row(policies, project) for project in projects]

    def __iter__(self):
        return iter(self.rows)

    def __repr__(self):
        widths = [max(map(len, column)) for column in zip(HEAD, *self.rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (HEAD, *self.rows)]
        return "\n".join(lines)

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in HEAD)
        rows = "".join(
            f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
            + "</tr>" for row in self.rows
        )  # fmt: skip
        return (
            f"<table><caption>Policies and claims</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _row(policies, project):
    used, pending = policies.claims.sums(project)
    quota = policies.quotas.get(project, {})
    sizes = [_size(SIZES.index(size), quota.get(size), used, pending) for size in ORDER]
    reserved = ", ".join(f"{name} {figure(value)}" for name, value in policies.reservations.get(project, {}).items())
    images = ", ".join(policies.allowed.images.get(project, ("any",)))
    return [str(project), *sizes, reserved or "–", images, _where(policies.allowed, project)]


def _size(at, most, used, pending):
    waiting = f" + {figure(pending[at])}" if pending[at] else ""
    return f"{figure(used[at])}{waiting}{f' of {figure(most)}' if most is not None else ''}"


def _where(allowed, project):
    own = [host for host, owner in allowed.owners.items() if owner == project]
    some = [*allowed.clusters.get(project, ()), *allowed.hosts.get(project, ())]
    return ", ".join([*some, *(f"{host} (its own)" for host in own)]) or "anywhere"
