"""VMM.T1, emulate the exits: what the VMM does when its guest cannot go on by itself.

    handle(exit, vcpu, devices) -> vcpu

`exit` = {"reason", "instruction" (its text), "length" (bytes)} and, for
"io", "mmio": "direction" ("in" | "out" as the guest sees it), "place" (port or memory address), "size" (1 or 2 bytes),
"data" (what is written; None for "in", whose value belongs into ax: all of it for 2 bytes, the lower half, al, for 1);
"privileged": the instruction is cli, sti or hlt; "exception": "vector", the guest itself did something wrong.

`vcpu` = {"ip", "ax", "bx", "cx", "dx", "si", "di", "sp", "bp", "flags" (the real register), "if" (the virtual interrupt
flag, 0 or 1), "state" ("running", "halted" until an interrupt comes, "off"), "inject" (None or the vector that the
guest shall get through its own interrupt table), "devices" (the places that belong to this guest)}. The changed vcpu is
returned. `devices.read(place, size)` and `devices.write(place, size, data)` reach every device of the host.

Guests must behave as on the bare machine: there the guest runs alone, an empty port reads as all ones, and what is
written to it is lost.
"""

from labkit.lab import tasks
from labkit.lab.task import Failure, Task
from labkit.lab.tasks.vmm_exits_guests import FAMILIES, scenarios
from labkit.lab.tasks.vmm_exits_mutants import MUTANTS, handle
from labkit.lab.tasks.vmm_exits_run import GENERAL, IF, INSTRUCTIONS, bare, deprivileged
from labkit.vmm.cpu import decode

SHAPE = "handle returns the vcpu: the same keys, registers from 0 to 65535, a known state"
HOST = "the real interrupt flag is the host's: a guest only has its virtual one"
WALLS = "a guest reaches its own devices and nobody else's"
SAME = "after each exit the guest's registers and memory are as on the bare machine"
OUTSIDE = "the devices see what they would see from the bare machine, in the same order"
LISTENS = "interrupts come when the guest's own interrupt flag allows them, and only then"
ITS_FAULT = "what the guest does wrong itself is reported to the guest, as the processor would"
ON = "after an exit the guest goes on behind the instruction"
WAKES = "hlt waits: an interrupt wakes the guest"
RULES = (SHAPE, HOST, WALLS, SAME, OUTSIDE, LISTENS, ITS_FAULT, ON, WAKES)


def judge(scenario, artefact):
    """Run the guest on both sides, instruction by instruction, until its end or the first difference."""
    real, ours = bare(scenario.data), deprivileged(scenario.data)
    for _ in range(INSTRUCTIONS):
        real.interrupt()
        if not ours.interrupt() or real.ended:
            return memory_differs(real, ours)
        asked = ours.step()
        real.step()
        if asked is not None:
            failure = handled(asked, real, ours, artefact)
            if failure:
                return failure
    return memory_differs(real, ours)


def handled(exit, real, ours, artefact):
    """One call of the student's handler, judged by what the bare machine did in the meantime."""
    asked, before = request(exit, ours), ours.vcpu(exit)
    handle = ours.devices.handle()
    said = artefact.call(exit=asked, vcpu=before, devices=handle)
    what = in_words(asked)
    wrong = misshapen(said, before)
    if wrong:
        return Failure("type", SHAPE, f"{what}. You returned {wrong}")
    if (said["flags"] ^ before["flags"]) & IF:
        did = f"{what}. You changed IF in the real flags from 1 to 0. {DEAF}"
        return Failure("safety", HOST, did, "VMM.m2")
    if ours.devices.touched is not None:
        did = f"{what}. You passed it on: place {ours.devices.touched:#x} belongs to guest db, not to guest web."
        return Failure("safety", WALLS, did, "VMM.m27")
    ours.take(said, exit)
    return different(asked, what, said, before, real, ours)


DEAF = "From now on the host hears no interrupt, not even its own timer's: the guest keeps the processor for ever."


def different(asked, what, said, before, real, ours):
    """The first difference between the guest and the same guest on the bare machine, as a Failure; None without one."""
    if asked["reason"] == "exception":
        return fault_told(what, asked, said, before) or registers_differ(asked, what, real.look(), ours.look())
    if said["inject"] is not None:
        did = f"{what}. You injected vector {said['inject']}; on the bare machine nothing came here."
        return Failure("safety", LISTENS, did)
    if real.devices.log != ours.devices.log:
        return devices_differ(asked, what, real.devices.log, ours.devices.log)
    true, seen = real.look(), ours.look()
    if seen["ip"] != true["ip"]:
        stuck = seen["ip"] == before["ip"]
        did = (
            f"{what}, {asked['length']} byte{'s' * (asked['length'] > 1)} long. The guest goes on at {seen['ip']:#06x}"
        )
        again = ": at the same instruction, again and again" if stuck else f", the bare machine at {true['ip']:#06x}"
        return Failure("liveness", ON, did + again + ".", "VMM.m24" if stuck else None)
    if said["state"] == "off" or real.waiting != ours.waiting:
        return states_differ(what, said["state"], real.waiting)
    if seen["interrupt flag"] != true["interrupt flag"]:
        on, truly_on = seen["interrupt flag"], true["interrupt flag"]
        did = f"{what}. The guest's interrupt flag is {on}, on the bare machine {truly_on}."
        late = " So its devices interrupt where it did not want to be interrupted." if on else ""
        return Failure("safety", LISTENS, did + (late or " So it never hears its devices."), "VMM.m29")
    return registers_differ(asked, what, true, seen)


def fault_told(what, asked, said, before):
    """An exception is the guest's: its vector, from the instruction itself."""
    if said["state"] == "off":
        return Failure(
            "liveness",
            ITS_FAULT,
            f"{what}. You switched the guest off; the bare machine called its handler {asked['vector']}.",
        )
    if said["inject"] is None:
        did = f"{what}. You told the guest nothing; the bare machine called its handler for vector {asked['vector']}."
        return Failure("safety", ITS_FAULT, did, "VMM.m26")
    if said["inject"] != asked["vector"]:
        return Failure(
            "safety", ITS_FAULT, f"{what}. You injected vector {said['inject']}, the bare machine {asked['vector']}."
        )
    if said["ip"] != before["ip"]:
        told, true = f"{said['ip']:#06x}", f"{before['ip']:#06x}"
        did = f"{what}. The guest's handler is told {told}, on the bare machine {true}: where it happened."
        return Failure("safety", ITS_FAULT, did, "VMM.m24")
    return None


def devices_differ(asked, what, true, seen):
    """The last thing that the devices saw."""
    want, got = true[-1] if len(true) >= len(seen) else None, seen[-1] if len(seen) >= len(true) else None
    did = f"{what}. {shown('The device saw', got)}; {shown('on the bare machine', want)}."
    narrow = got and want and got[:2] == want[:2] and got[2] != want[2]
    return Failure("safety", OUTSIDE, did, "VMM.m28" if narrow else None)


def shown(who, entry):
    """An entry of a device's log in words."""
    if entry is None:
        return f"{who} nothing more"
    doing, place, size, value = entry
    return f"{who} a {doing} of {size} byte{'s' * (size > 1)} at {place:#x}: {value:#x}"


def states_differ(what, state, waiting):
    """Waiting, running or off."""
    if state == "off":
        return Failure(
            "liveness", WAKES, f"{what}. You switched the guest off; the bare machine only waits.", "VMM.m25"
        )
    if waiting:
        return Failure("liveness", WAKES, f"{what}. Your guest runs on at once; the bare machine waits.")
    return Failure(
        "liveness", WAKES, f"{what}. Your guest waits for an interrupt; the bare machine runs on.", "VMM.m25"
    )


def registers_differ(asked, what, true, seen):
    """The first register that differs."""
    for name in (*GENERAL, "flags"):
        if seen[name] != true[name]:
            half = name == "ax" and asked.get("size") == 1 and seen["ax"] & 0xFF == true["ax"] & 0xFF
            did = f"{what}. The guest has {name} = {seen[name]:#06x}, on the bare machine {true[name]:#06x}."
            return Failure("safety", SAME, did, "VMM.m28" if half else None)
    return None


def memory_differs(real, ours):
    """At the end: the first byte of memory that differs. What lies below the stack pointer is nobody's."""
    if real.cpu.ram == ours.cpu.ram:
        return None
    below = real.cpu.registers["sp"]
    for at, (true, seen) in enumerate(zip(real.cpu.ram, ours.cpu.ram, strict=True)):
        if true != seen and not below - 64 <= at < below:
            did = f"at the end memory {at:#06x} holds {seen:#04x}, on the bare machine {true:#04x}"
            return Failure("safety", SAME, did)
    return None


def request(exit, ours):
    """The exit as the student gets it."""
    instruction = exit.decoded or decode(ours.cpu.peek(exit.cs, exit.ip, 15), exit.ip)
    asked = {"instruction": instruction.text, "length": instruction.length}
    if exit.reason == "mmio":
        direction = "out" if exit.direction == "write" else "in"
        return {
            "reason": "mmio",
            "direction": direction,
            "place": exit.address,
            "size": exit.size,
            "data": exit.data,
            **asked,
        }
    if instruction.mnemonic in ("in", "out"):
        return {"reason": "io", **transfer(instruction, ours.cpu.registers), **asked}
    if instruction.mnemonic in ("cli", "sti", "hlt"):
        return {"reason": "privileged", **asked}
    return {"reason": "exception", "vector": exit.vector, **asked}


def transfer(instruction, registers):
    """Direction, port, size and data of an `in` or `out`."""
    ports = instruction.operands[::-1] if instruction.mnemonic == "in" else instruction.operands
    size = 2 if "ax" in instruction.text.split(" ", 1)[1] else 1
    port = registers["dx"] if str(ports[0]) == "dx" else int(str(ports[0]), 0)
    data = registers["ax"] & (256**size - 1) if instruction.mnemonic == "out" else None
    return {"direction": instruction.mnemonic, "place": port, "size": size, "data": data}


def in_words(asked):
    """The exit in one line."""
    return f"at '{asked['instruction']}'" + (f" (place {asked['place']:#x})" if "place" in asked else "")


def misshapen(said, before):
    """What is wrong with the returned vcpu, in words; '' when nothing is."""
    if isinstance(said, list) and any(isinstance(part, dict) and "ip" in part for part in said):
        return f"a tuple or list of {len(said)}, with the vcpu in it: return only the vcpu"
    if not isinstance(said, dict):
        return f"{said!r}, not the vcpu"
    missing = [key for key in before if key not in said]
    if missing:
        return f"a vcpu without {missing[0]!r}"
    unknown = [key for key in said if key not in before]
    if unknown:
        return f"a vcpu with a new key {unknown[0]!r}. There is no such key; its keys are {', '.join(before)}"
    for name in ("ip", "flags", *GENERAL):
        if isinstance(said[name], bool) or not isinstance(said[name], int) or not 0 <= said[name] <= 0xFFFF:
            return f"{name} = {said[name]!r}"
    if said["if"] not in (0, 1) or said["state"] not in ("running", "halted", "off"):
        return f"if = {said['if']!r}, state = {said['state']!r}"
    vector = said["inject"]
    if vector is not None and (isinstance(vector, bool) or not isinstance(vector, int) or not 0 <= vector <= 255):
        return f"inject = {vector!r}"
    return ""


TASK = tasks.register(
    Task(
        id="VMM.T1",
        card="VMM",
        title="Emulate the exits",
        kind="function",
        signature="handle(exit, vcpu, devices) -> vcpu",
        families=FAMILIES,
        scenarios=scenarios,
        judge=judge,
        reference=handle,
        mutants=MUTANTS,
        rules=RULES,
    )
)
