"""Orders of the wrong kind: refused with a reason, and the inventory is as it was."""

import pytest

from labkit.vim import Spec, datacenter
from labkit.vmm import Host
from labkit.world import LabError, World

NONSENSE = (None, "", -1, 1.5, float("nan"), True, [], ["web"], {"a": 1}, ..., b"web", "nobody")
SHARED = Spec(datastore="san1")


@pytest.fixture(scope="module")
def vim():
    vim = datacenter(World(seed=1), hosts=2)
    vim.create("web", spec=SHARED).wait()
    return vim


def refused(vim, call, *args, **kwargs):
    before = str(vim.inventory()), len(vim.jobs), dict(vim.wishes)
    with pytest.raises(LabError) as error:
        call(*args, **kwargs)
    assert error.value.message and error.value.code in (400, 403, 404, 409), error.value
    assert (str(vim.inventory()), len(vim.jobs), vim.wishes) == before


@pytest.mark.parametrize("bad", NONSENSE, ids=repr)
def test_no_vm_host_or_job_is_called_so(vim, bad):
    for act in (vim.start, vim.pause, vim.resume, vim.stop, vim.terminate, vim.migrate, vim.restart, vim.explain,
                vim.maintenance, vim.leave_maintenance, vim.wait, vim.add_host):  # fmt: skip
        refused(vim, act, bad)
    if bad is not None:
        refused(vim, vim.migrate, "web", host=bad)


@pytest.mark.parametrize("bad", NONSENSE, ids=repr)
@pytest.mark.parametrize("what", ["spec", "template", "project", "groups", "priority", "host", "cluster", "running"])
def test_no_vm_can_be_ordered_so(vim, what, bad):
    fine = {"spec": (), "template": (None,), "project": (None, "nobody"), "groups": ([], ["web"]), "priority": (),
            "host": (None,), "cluster": (None,), "running": (True,)}[what]  # fmt: skip
    if not any(bad is each or bad == each and type(bad) is type(each) for each in fine):
        refused(vim, vim.create, "new", **{"spec": SHARED, what: bad})


@pytest.mark.parametrize("bad", [*NONSENSE[:6], ["web"], [{"spec": SHARED}], [{"name": "a", "sepc": SHARED}],
                                 [{"name": "a", "spec": SHARED}, {"name": "b"}], [{"name": "web", "spec": SHARED}]],
                         ids=repr)  # fmt: skip
def test_no_many_can_be_ordered_so(vim, bad):
    refused(vim, vim.create_many, bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"shared": "san1"}, {"shared": None}, {"host": ""}, {"host": 0}, {"database": None}, {"database": 7},
        {"adopts": "none"}, {"hosts": 1.5}, {"clusters": 3},
    ],
    ids=repr,
)  # fmt: skip
def test_no_data_centre_can_be_built_so(bad):
    with pytest.raises(LabError):
        datacenter(World(seed=1), **{"hosts": 2, "host": Host(), **bad})
