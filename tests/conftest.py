"""What every test may rely on: the student's own progress is never touched, and each run starts from nothing."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def progress_apart(tmp_path_factory):
    """Progress of the tests, and of the kernels and commands they start, lies in a folder of their own."""
    before = os.environ.get("LABKIT_HOME")
    os.environ["LABKIT_HOME"] = str(tmp_path_factory.mktemp("progress"))
    yield
    if before is None:
        del os.environ["LABKIT_HOME"]
    else:
        os.environ["LABKIT_HOME"] = before
