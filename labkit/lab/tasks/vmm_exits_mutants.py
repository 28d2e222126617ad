"""VMM.T1, a right handler and the wrong ones."""

from labkit.lab.task import Mutant


def handle(exit, vcpu, devices):
    """The exits of one guest: devices, privileged instructions, and what the guest did wrong itself."""
    if exit["reason"] == "exception":
        vcpu["inject"] = exit["vector"]
        return vcpu
    if exit["instruction"] in ("cli", "sti"):
        vcpu["if"] = 1 if exit["instruction"] == "sti" else 0
    elif exit["instruction"] == "hlt":
        vcpu["state"] = "halted"
    elif exit["direction"] == "out":
        if exit["place"] in vcpu["devices"]:
            devices.write(exit["place"], exit["size"], exit["data"])
    else:
        mine = exit["place"] in vcpu["devices"]
        value = devices.read(exit["place"], exit["size"]) if mine else 256 ** exit["size"] - 1
        vcpu["ax"] = value if exit["size"] == 2 else vcpu["ax"] & 0xFF00 | value
    vcpu["ip"] += exit["length"]
    return vcpu


def never_advances(exit, vcpu, devices):
    return {
        **handle(exit, vcpu, devices),
        "ip": vcpu["ip"] if exit["reason"] == "exception" else vcpu["ip"] - exit["length"],
    }


def on_the_real_flag(exit, vcpu, devices):
    done = handle(exit, vcpu, devices)
    if exit["instruction"] == "cli":
        done["flags"] &= ~0x200
    elif exit["instruction"] == "sti":
        done["flags"] |= 0x200
    return done


def ignores_cli_and_sti(exit, vcpu, devices):
    before = vcpu["if"]
    return {**handle(exit, vcpu, devices), "if": before}


def ignores_cli(exit, vcpu, devices):
    done = handle(exit, vcpu, devices)
    return {**done, "if": 1} if exit["instruction"] == "cli" else done


class Echo:
    """Answers `in` with what was written last."""

    last = 0

    def __call__(self, exit, vcpu, devices):
        if exit.get("direction") == "out":
            self.last = exit["data"]
        elif exit.get("direction") == "in":
            vcpu["ax"] = self.last & (256 ** exit["size"] - 1)
            vcpu["ip"] += exit["length"]
            return vcpu
        return handle(exit, vcpu, devices)


def reads_words_only(exit, vcpu, devices):
    ax = vcpu["ax"]
    done = handle(exit, vcpu, devices)
    if exit.get("direction") == "in" and exit["size"] == 1:
        done["ax"] &= 0xFF
    return done if exit.get("direction") == "in" else {**done, "ax": ax}


def bytes_only(exit, vcpu, devices):
    if exit.get("direction") == "out":
        exit = {**exit, "size": 1, "data": exit["data"] & 0xFF}
    return handle(exit, vcpu, devices)


def hlt_is_the_end(exit, vcpu, devices):
    done = handle(exit, vcpu, devices)
    return {**done, "state": "off"} if exit["instruction"] == "hlt" else done


def hlt_does_nothing(exit, vcpu, devices):
    return {**handle(exit, vcpu, devices), "state": "running"}


class Open:
    """Passes every access on, to whosever device."""

    def __call__(self, exit, vcpu, devices):
        return handle(exit, {**vcpu, "devices": [exit.get("place")]}, devices)


def reads_are_harmless(exit, vcpu, devices):
    return (Open() if exit.get("direction") == "in" else handle)(exit, vcpu, devices)


def walls_for_ports_only(exit, vcpu, devices):
    return (Open() if exit["reason"] == "mmio" else handle)(exit, vcpu, devices)


def hlt_opens_the_flag(exit, vcpu, devices):
    done = handle(exit, vcpu, devices)
    return {**done, "if": 1} if exit["instruction"] == "hlt" else done


def wakes_by_itself(exit, vcpu, devices):
    done = handle(exit, vcpu, devices)
    return {**done, "state": "running", "inject": 0x20} if exit["instruction"] == "hlt" else done


def skips_what_it_does_not_know(exit, vcpu, devices):
    if exit["reason"] == "exception":
        vcpu["ip"] += exit["length"]
        return vcpu
    return handle(exit, vcpu, devices)


def switches_off_at_a_fault(exit, vcpu, devices):
    if exit["reason"] == "exception":
        vcpu["state"] = "off"
        return vcpu
    return handle(exit, vcpu, devices)


def faults_behind_the_instruction(exit, vcpu, devices):
    done = handle(exit, vcpu, devices)
    if exit["reason"] == "exception":
        done["ip"] += exit["length"]
    return done


def nothing_reads_as_zero(exit, vcpu, devices):
    if exit.get("direction") == "in" and exit["place"] not in vcpu["devices"]:
        vcpu["ax"] &= 0xFF00 if exit["size"] == 1 else 0
        vcpu["ip"] += exit["length"]
        return vcpu
    return handle(exit, vcpu, devices)


def always_one_byte_on(exit, vcpu, devices):
    ip = vcpu["ip"]
    done = handle(exit, vcpu, devices)
    return done if exit["reason"] == "exception" else {**done, "ip": ip + 1}


def drops_memory_devices(exit, vcpu, devices):
    if exit["reason"] == "mmio":
        vcpu["ip"] += exit["length"]
        return vcpu
    return handle(exit, vcpu, devices)


def sends_twice(exit, vcpu, devices):
    if exit.get("direction") == "out" and exit["place"] in vcpu["devices"]:
        devices.write(exit["place"], exit["size"], exit["data"])
    return handle(exit, vcpu, devices)


MUTANTS = {
    "forgets to advance ip": Mutant(never_advances, "VMM.m24"),
    "one byte on, whatever the length": Mutant(always_one_byte_on),
    "cli and sti on the real flags": Mutant(on_the_real_flag, "VMM.m2"),
    "cli and sti do nothing": Mutant(ignores_cli_and_sti, "VMM.m29"),
    "cli leaves the flag on": Mutant(ignores_cli, "VMM.m29"),
    "in gives what was written last": Mutant(Echo()),
    "a byte read clears the upper half": Mutant(reads_words_only, "VMM.m28"),
    "every write is a byte": Mutant(bytes_only, "VMM.m28"),
    "hlt is the end": Mutant(hlt_is_the_end, "VMM.m25"),
    "hlt does nothing": Mutant(hlt_does_nothing),
    "every device is open": Mutant(Open(), "VMM.m27"),
    "reading from others does no harm": Mutant(reads_are_harmless, "VMM.m27"),
    "devices in memory are open": Mutant(walls_for_ports_only, "VMM.m27"),
    "hlt opens the flag": Mutant(hlt_opens_the_flag, "VMM.m29"),
    "hlt injects at once": Mutant(wakes_by_itself),
    "skips what it does not know": Mutant(skips_what_it_does_not_know, "VMM.m26"),
    "a fault switches the guest off": Mutant(switches_off_at_a_fault),
    "the fault comes from behind": Mutant(faults_behind_the_instruction, "VMM.m24"),
    "an empty port reads as zero": Mutant(nothing_reads_as_zero),
    "memory is no device": Mutant(drops_memory_devices),
    "sends everything twice": Mutant(sends_twice),
}
