"""The doctor sees what is there, and for each thing that is not it has a cure."""

import json
import socket

import pytest

from labkit.setup import doctor


def test_this_machine_can_run_the_lab_and_json_says_the_same(capsys):
    status = doctor.main(["--json"])
    told = json.loads(capsys.readouterr().out)
    findings = {finding["name"]: finding for finding in told["findings"]}
    assert status == 0 and told["can_run"] is True
    assert findings["kernel"]["detail"] == "starts, and imports labkit"
    assert findings["packages for the tests"]["works"]
    assert all(finding["works"] or finding["cure"] for finding in told["findings"])


@pytest.fixture
def quick(monkeypatch):
    """Without the two findings that start a program."""
    monkeypatch.setattr(doctor, "kernel", lambda: doctor.Finding("kernel", True, "not asked"))
    monkeypatch.setattr(doctor, "jupyterlab", lambda: doctor.Finding("JupyterLab", True, "not asked"))


def test_a_missing_package_of_the_lab_stops_it(quick, monkeypatch, capsys):
    here = doctor.installed
    monkeypatch.setattr(doctor, "installed", lambda name: name != "simpy" and here(name))
    assert doctor.main([]) == 1
    said = capsys.readouterr().out
    assert "MISSING   packages for the lab: missing: simpy" in said
    assert "cure: python3 run.py lab installs what is missing" in said
    assert "cannot run here yet" in said


def test_a_missing_browser_does_not_stop_it(quick, monkeypatch, capsys):
    monkeypatch.setattr(doctor.shutil, "which", lambda program: None)
    assert doctor.main([]) == 0
    said = capsys.readouterr().out
    assert "without   browser for the tests: no Chromium or Chrome" in said and "apt install chromium" in said
    assert "The lab can run here." in said


def test_no_port_to_open_stops_it(quick, monkeypatch, capsys):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refused)
    assert doctor.main([]) == 1
    assert "MISSING   port on 127.0.0.1: [Errno 13] Permission denied" in capsys.readouterr().out


def test_progress_lies_where_the_lab_puts_it_and_asking_makes_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("LABKIT_HOME", str(tmp_path / "mine" / "progress"))
    finding = doctor.progress_folder()
    assert finding.works and str(tmp_path / "mine" / "progress") in finding.detail
    assert list(tmp_path.iterdir()) == []


def test_extras_are_told_apart():
    assert doctor.missing_of("no-such-extra") == []
    assert doctor.missing_of(None) == []
