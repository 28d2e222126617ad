"""Is a VIM a cloud? The five essential characteristics of NIST SP 800-145, each tried at a VIM.

What is tried is what a customer would try: order without calling an administrator, reach it over the network, get more
and less, and find out what was used. A VIM pools hosts. The rest is what a cloud platform adds above it.
"""

from labkit.vim.spec import Spec
from labkit.world.draw import escape
from labkit.world.errors import LabError

CUSTOMER = "customer"
SMALL = Spec(memory_mib=256, disk_gib=1)


class Audit(list):
    """Rows (characteristic, 'yes' | 'partly' | 'no', what was seen); shown as a table."""

    def count(self, answer):
        """How many characteristics got this answer."""
        return sum(row[1] == answer for row in self)

    def __repr__(self):
        return "\n".join(f"{answer:6} {name}: {seen}" for name, answer, seen in self)

    def _repr_html_(self):
        left = 'style="text-align:left"'
        head = "".join(f'<th scope="col" {left}>{name}</th>' for name in ("characteristic", "met", "what was seen"))
        body = "".join(
            f'<tr><th scope="row" {left}>{escape(name)}</th><td {left}>{answer}</td><td {left}>{escape(seen)}</td></tr>'
            for name, answer, seen in self
        )
        caption = "A VIM, measured by NIST SP 800-145"
        return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def audit(vim):
    """Try all five at `vim` (a minute of its world, with VMs that are released again); returns an Audit."""
    world = vim.world
    if CUSTOMER not in world.nodes:
        world.node(CUSTOMER)
    tried = (_self_service, _network, _pooling, _elasticity, _measured)
    return Audit((name, *answer) for name, answer in [(each.__doc__, each(vim)) for each in tried])


def _asked(vim, what):
    """The answer that a customer gets, or the words of the refusal."""
    try:
        return True, str(vim.world.ask(CUSTOMER, vim.name, "rest", what, timeout_s=5))
    except LabError as error:
        return False, error.message


def _self_service(vim):
    """on-demand self-service"""
    done, seen = _asked(vim, "POST /servers")
    return "yes" if done else "no", f"a customer orders a VM: {seen}; only its administrators create VMs"


def _network(vim):
    """broad network access"""
    done, seen = _asked(vim, "GET /")
    return "yes" if done else "no", f"a customer looks for its address: {seen}"


def _pooling(vim):
    """resource pooling"""
    names = [f"audit-{project}-{number}" for number in (1, 2, 3) for project in ("a", "b")]
    for name in names:
        vim.wait(vim.create(name, spec=SMALL, project=name.split("-")[1]))
    hosts = sorted({vim.vms[name].host.name for name in names if name in vim.vms})
    for name in [name for name in names if name in vim.vms]:
        vim.wait(vim.terminate(name))
    seen = f"six VMs of two projects were put on {', '.join(hosts)}; nobody had to name a host"
    return "yes" if len(hosts) > 1 or len(vim.hosts) == 1 else "no", seen


def _elasticity(vim):
    """rapid elasticity"""
    before_s = vim.world.now
    job = vim.wait(vim.create("audit-more", spec=SMALL))
    vim.wait(vim.terminate("audit-more"))
    seen = f"one more and one less took {vim.world.now - before_s:.2f} s, by hand; no rule does it when load rises"
    return "partly" if job.state == "success" else "no", seen


def _measured(vim):
    """measured service"""
    kept = [name for name in vim.vms if name.startswith("audit-")]
    return (
        "no",
        f"projects a and b have used six VMs; of that the inventory still tells of {len(kept)}, and no bill does",
    )
