"""`import labkit` is quick because it brings nothing heavy; how quick, tests/benchmarks/import_time.py prints."""

import json
import subprocess
import sys

import pytest

HEAVY = {"matplotlib", "networkx", "ipywidgets", "anywidget", "requests", "openstack", "keystoneauth1", "numpy"}
ROOMS = ["labkit.openstack", "labkit.openstack.keystone", "labkit.lab", "labkit.views", "labkit.grading"]
ASK = "import sys; before = set(sys.modules)\n{}\nimport json; print(json.dumps(sorted(set(sys.modules) - before)))"


def brought_by(statement: str) -> set[str]:
    """The top-level modules that a fresh Python has after the statement, beyond those it starts with."""
    modules = json.loads(subprocess.check_output([sys.executable, "-c", ASK.format(statement)], text=True))
    return {name.split(".")[0] for name in modules}


def third_party(modules: set[str]) -> set[str]:
    return {name for name in modules if name not in sys.stdlib_module_names and not name.startswith("_")}


def test_import_labkit_brings_nothing_heavy():
    assert third_party(brought_by("import labkit")) == {"labkit"}


def test_the_command_line_and_the_setup_need_nothing_that_is_not_in_python():
    setup = ["labkit.setup." + name for name in ("environment", "installers", "doctor", "jupyter")]
    assert third_party(brought_by(f"import labkit.cli, {', '.join(setup)}")) == {"labkit"}


def test_the_world_needs_simpy_only():
    assert third_party(brought_by("import labkit.world")) == {"labkit", "simpy"}


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_brings_anything_heavy_before_it_is_used(room):
    assert brought_by(f"import {room}") & HEAVY == set()
