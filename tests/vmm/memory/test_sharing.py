"""Pages with equal contents: compared in full, shared read-only, copied on write; and what a neighbour can learn."""

import pytest

from labkit.vmm.memory.costs import COW_US, WRITE_US
from labkit.vmm.memory.sharing import PageSharing, spy
from labkit.world.errors import LabError

GUESSES = [b"openssl 3.0.1", b"openssl 3.0.2", b"openssl 3.0.3"]


def test_equal_pages_of_one_vm_become_one_frame():
    host = PageSharing()
    host.add("web", [b"", b"", b"text", b""])
    assert host.scan() == 2
    assert len(host.frames) == 2
    assert host.scan() == 0


def test_a_write_copies_and_leaves_the_others_alone():
    host = PageSharing()
    host.add("web", [b"same", b"same"])
    host.scan()
    assert host.write("web", 0, b"other") == COW_US + WRITE_US
    assert host.read("web", 0).startswith(b"other")
    assert host.read("web", 1).startswith(b"same")
    assert host.write("web", 0, b"again") == WRITE_US  # now it is a page of its own


def test_equal_hashes_prove_nothing():
    host = PageSharing(hash=lambda contents: len(contents))
    host.add("web", [b"one", b"two", b"one"])
    assert host.scan() == 1
    assert host.compared > 1
    assert [host.read("web", page)[:3] for page in range(3)] == [b"one", b"two", b"one"]


@pytest.mark.parametrize(("salting", "salts", "shared"), [
    (0, (None, None), 1), (0, ("a", "b"), 1),
    (1, (None, None), 1), (1, ("a", "b"), 0), (1, ("a", None), 0),
    (2, (None, None), 0), (2, ("a", "a"), 1), (2, ("a", "b"), 0),
])  # fmt: skip
def test_who_shares_with_whom_is_a_matter_of_salt(salting, salts, shared):
    host = PageSharing(salting=salting)
    for name, salt in zip(("web", "db"), salts, strict=True):
        host.add(name, [b"the same library"], salt=salt)
    assert host.scan() == shared


def test_without_salt_a_neighbour_learns_what_is_in_my_memory():
    host = PageSharing(salting=0)
    host.add("bank", [GUESSES[1], b"secret"])
    times = spy(host, "spy", GUESSES)
    assert max(times, key=times.get) == GUESSES[1]
    assert times[GUESSES[1]] > 10 * times[GUESSES[0]]


def test_with_the_default_it_learns_nothing():
    host = PageSharing()
    host.add("bank", [GUESSES[1], b"secret"])
    assert set(spy(host, "spy", GUESSES).values()) == {WRITE_US}


def test_bad_input_changes_nothing():
    host = PageSharing()
    host.add("web", [b""])
    for wrong in (lambda: host.write("web", 1, b""), lambda: host.write("wob", 0, b""), lambda: host.add("web", []),
                  lambda: host.write("web", 0, "text"), lambda: PageSharing(salting=3)):  # fmt: skip
        with pytest.raises(LabError):
            wrong()
    assert len(host.frames) == 1
