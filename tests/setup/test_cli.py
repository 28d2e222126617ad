"""The command `labkit`: one word per room, a clear word to a wrong one, and no room is entered before it is called."""

from importlib import import_module

import pytest

from labkit import __version__, cli


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0 and capsys.readouterr().out == f"labkit {__version__}\n"


def test_without_a_command_it_lists_them(capsys):
    assert cli.main([]) == 0
    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in cli.COMMANDS)


def test_a_typing_error_is_met_with_the_word_that_was_meant(capsys):
    assert cli.main(["docter"]) == 2
    assert "Did you mean 'labkit doctor'?" in capsys.readouterr().err
    assert cli.main(["frobnicate"]) == 2
    assert "There are: lab, doctor" in capsys.readouterr().err


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_its_room_and_a_help_of_its_own(name):
    module, function, _ = cli.COMMANDS[name]
    assert callable(getattr(import_module(module), function))


def test_an_error_that_explains_itself_is_one_line(monkeypatch, capsys):
    from labkit.world.errors import LabError

    def main(arguments):
        raise LabError(f"there is no {arguments[0]}", next_step="look again")

    monkeypatch.setattr(cli, "import_module", lambda name: type("Room", (), {"main": main}))
    assert cli.main(["tasks", "Q9.T9"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("labkit tasks: ") and "there is no Q9.T9" in said and "Traceback" not in said


def test_another_error_is_ours_and_shows_its_place(monkeypatch):
    def main(arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "import_module", lambda name: type("Room", (), {"main": main}))
    with pytest.raises(ZeroDivisionError):
        cli.main(["tasks"])
