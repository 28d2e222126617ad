"""Is there a KVM? The sentence why not, and what to do, on machines that this one is not."""

import errno
import os

import pytest

from labkit.setup import doctor
from labkit.vmm.kvm import device
from labkit.vmm.kvm.machine import KvmMachine
from labkit.world.errors import LabError


@pytest.fixture
def linux(monkeypatch):
    """A PC with Linux that is no container and no VM."""
    monkeypatch.setattr(device.sys, "platform", "linux")
    monkeypatch.setattr(device.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(device.platform, "release", lambda: "6.1.0")
    monkeypatch.setattr(device.os.path, "exists", lambda path: False)
    return monkeypatch


def fails(patch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    patch.setattr(device.os, "open", refuse)


def test_not_in_the_group_kvm(linux):
    fails(linux, errno.EACCES)
    found = device.state()
    assert not found.usable
    assert found.detail == "/dev/kvm is there, but not for this user (EACCES: Permission denied)"
    assert "usermod -aG kvm" in found.cure
    assert str(found) == f"{found.detail} – {found.cure}"


@pytest.mark.parametrize(
    ("flags", "release", "cure"),
    [
        ("fpu hypervisor", "6.1.0", "nested virtualisation"),
        ("fpu hypervisor", "5.15.0-microsoft-standard-WSL2", "nestedVirtualization=true"),
        ("fpu vmx", "6.1.0", "modprobe kvm_intel"),
        ("fpu", "6.1.0", "firmware"),
    ],
)
def test_no_device_has_different_cures(linux, tmp_path, flags, release, cure):
    linux.setattr(device.platform, "release", lambda: release)
    linux.setattr(device, "cpu_flags", lambda: frozenset(flags.split()))
    found = device.state(str(tmp_path / "kvm"))
    assert "ENOENT" in found.detail
    assert cure in found.cure


def test_a_file_that_is_no_kvm(linux):
    assert "is no KVM device (ENOTTY" in device.state(os.devnull).detail


@pytest.mark.parametrize(("system", "words"), [("darwin", "macOS"), ("win32", "WSL2")])
def test_other_systems(monkeypatch, system, words):
    monkeypatch.setattr(device.sys, "platform", system)
    found = device.state()
    assert words in found.detail + found.cure


def test_another_processor(linux):
    linux.setattr(device.platform, "machine", lambda: "aarch64")
    assert "aarch64" in device.state().detail


def test_a_machine_without_kvm_says_what_to_do_instead_of_failing_somewhere(linux):
    fails(linux, errno.EACCES)
    with pytest.raises(LabError, match="group|usermod"):
        KvmMachine()


def test_the_backend_is_named_for_what_it_is(tmp_path):
    """Numbers of a software backend must never be shown as those of VT-x."""
    cpuinfo, modules = tmp_path / "cpuinfo", tmp_path / "module"
    (modules / "kvm_pvm").mkdir(parents=True)
    cpuinfo.write_text("flags\t\t: fpu hypervisor\n")
    soft = device.backend(str(modules), str(cpuinfo))
    assert (soft.module, soft.hardware, soft.nested) == ("kvm_pvm", False, True)
    assert str(soft).startswith("nested KVM, kvm_pvm (software")
    (modules / "kvm_pvm").rename(modules / "kvm_intel")
    cpuinfo.write_text("flags\t\t: fpu vmx\n")
    assert str(device.backend(str(modules), str(cpuinfo))) == "KVM, kvm_intel (Intel VT-x)"


def test_the_doctor_says_the_same(linux):
    fails(linux, errno.EACCES)
    finding = doctor.kvm()
    assert (finding.works, finding.needed) == (False, False)
    assert "EACCES" in finding.detail
    assert "kvm" in finding.cure
