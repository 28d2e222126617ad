"""An old Python can read run.py, and is told what to do; a newer one is tried."""

import ast
import importlib.util

import pytest

from tests.setup.tiny_project import ROOT


@pytest.fixture
def run(monkeypatch):
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_python_36_can_read_it():
    ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 6))


def test_an_old_python_is_sent_to_a_newer_one_that_is_here(run, monkeypatch):
    monkeypatch.setattr(run, "runs", lambda name: name == "python3.12")
    assert "start 'python3.12 run.py ...'" in run.check_python((3, 9, 2))
    monkeypatch.setattr(run, "runs", lambda name: False)
    assert "https://www.python.org/downloads/" in run.check_python((3, 10, 0))


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 5), (3, 13, 1)])
def test_the_tried_pythons_are_silently_taken(run, version, capsys):
    assert run.check_python(version) is None
    assert capsys.readouterr().err == ""


def test_a_newer_python_is_tried_and_said(run, capsys):
    assert run.check_python((3, 15, 0)) is None
    assert "newer than those the lab was tried with" in capsys.readouterr().err
