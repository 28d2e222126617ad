"""What an installer's last words mean to a newcomer; the words are those pip and uv really print."""

import pytest

from labkit.setup import installers


@pytest.mark.parametrize(
    ("output", "cure"),
    [
        ("ERROR: No matching distribution found for anyio==4.16.0", "no network"),
        ("error: Failed to fetch: `https://…`\n  Caused by: dns error", "no network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "hash differs"),
        ("error: Failed to download `six`\n  Caused by: Hash mismatch for `six==1.17.0`", "hash differs"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("Segmentation fault", "report these lines"),
    ],
)
def test_the_cure_fits_the_failure(output, cure):
    assert cure in installers.diagnosis(output)


def test_settings_that_lead_astray_are_left_out_and_the_proxy_is_kept(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    seen = installers.variables()
    assert "PYTHONPATH" not in seen and "PIP_TARGET" not in seen
    assert seen["HTTPS_PROXY"] == "http://proxy:3128"
    assert seen["PIP_USER"] == "0"


def test_only_telling_lines_are_shown():
    output = "Collecting six\nIgnoring numpy: markers\nWARNING: Retrying (Retry(\nERROR: No matching distribution\n"
    assert installers.last_words(output) == ["ERROR: No matching distribution"]
