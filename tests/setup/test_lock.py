"""pyproject.toml, requirements.lock and environment.yml say the same, and the lock names no place to fetch from."""

import re
import tomllib

import pytest
import yaml

from labkit.setup.environment import TESTS_FROM, Environment
from tests.setup.tiny_project import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def plain(requirement: str) -> str:
    """'Oslo.Policy>=4.3' and 'oslo-policy==6.0 ; …' are one name."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~\[;]", requirement, maxsplit=1)[0]).lower()


def names(requirements) -> set[str]:
    return {plain(line) for line in requirements if not line.startswith("labkit")}


def locked(part: str) -> set[str]:
    return names(line for line in Environment(ROOT).locked(part).splitlines() if "==" in line)


def test_the_lock_has_what_the_lab_needs_in_its_first_part():
    assert names(PROJECT["dependencies"]) <= locked("lab")


def test_the_lock_has_what_every_extra_needs():
    for extra, requirements in EXTRAS.items():
        assert names(requirements) <= locked("lab") | locked("test"), f"extra '{extra}': run 'python3 run.py lock'"


def test_the_parts_share_no_package():
    assert locked("lab") & locked("test") == set()


def test_every_locked_file_has_a_hash_and_no_address():
    text = (ROOT / "requirements.lock").read_text()
    assert text.count(TESTS_FROM) == 1
    requirements = re.split(r"\n(?! )", text)
    assert all("--hash=sha256:" in block for block in requirements if "==" in block)
    assert not re.search(r"://|--index|--extra-index|--find-links|file:", text)


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_every_package_has_exactly_one_version_on_every_system_and_python(system, version):
    from packaging.requirements import Requirement

    here = f"{version[0]}.{version[1]}"
    place = {"sys_platform": system, "os_name": "nt" if system == "win32" else "posix"}
    place |= {"python_version": here, "python_full_version": f"{here}.9", "implementation_name": "cpython"}
    lines = [line.rstrip(" \\") for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line]
    asked = [Requirement(line) for line in lines]
    chosen = [plain(one.name) for one in asked if one.marker is None or one.marker.evaluate(place)]
    assert len(chosen) == len(set(chosen))
    assert names(PROJECT["dependencies"]) <= set(chosen)


def test_conda_gets_the_same_as_pip():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())
    (pip,) = [entry["pip"] for entry in conda["dependencies"] if isinstance(entry, dict)]
    assert set(pip) == {*PROJECT["dependencies"], *EXTRAS["instructor"], *EXTRAS["clients"], "-e ."}


def test_conda_takes_one_python_that_the_lab_was_tried_with():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert "python=3.12" in conda["dependencies"]
    assert "Programming Language :: Python :: 3.12" in PROJECT["classifiers"]
