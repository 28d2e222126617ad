"""VMM.T1, the guests: small real-mode programs drawn by the seed. Each ends at its label `done`.

The devices of guest 'web': a serial port (0x3F8, bytes), a gauge (0x300, words), a bell (0x60: interrupt 0x20 at once),
an alarm clock (0x61: interrupt 0x20 while the processor waits), and registers in memory from 0xD0000 (words). Serial
ports, gauges and registers in memory of guest 'db' lie in OTHERS. Nothing answers at 0x378.
"""

from random import Random

from labkit.lab.task import Scenario

SERIAL, GAUGE, BELL, ALARM, REGISTERS = 0x3F8, 0x300, 0x60, 0x61, 0xD0000
OTHERS_SERIAL, OTHERS_GAUGES, OTHERS_REGISTERS = (0x2F8, 0x2E8, 0x3E8), (0x310, 0x320, 0x330), 0xD0100
OTHERS = [*OTHERS_SERIAL, *OTHERS_GAUGES, *(OTHERS_REGISTERS + 2 * number for number in range(4))]
NOBODY = 0x378
MINE = [SERIAL, GAUGE, BELL, ALARM, *(REGISTERS + 2 * number for number in range(4))]
VECTOR = 0x20
FAMILIES = {"output": 1, "input": 1, "interrupts": 1, "what the guest may not": 1}

TICK = """
tick:   push ax
        push dx
        mov dx, 0x3f8
        mov al, '{letter}'
        out dx, al
        inc bp
        pop dx
        pop ax
        iret
"""
FAULT = """
fault:  push bp
        mov bp, sp
        add word [bp+2], {length}
        pop bp
        inc di
        iret
"""


def scenarios(seed):
    """Thirty-one guests, the short ones of each family first."""
    luck = Random(f"VMM.T1/{seed}").random
    stories = [*outputs(luck), *inputs(luck), *interrupts(luck), *refusals(luck)]
    return [Scenario(family, seed * 100 + number, title, data) for number, (family, title, data) in enumerate(stories)]


def draw(luck, low, high):
    """A whole number from low to high."""
    return low + int(luck() * (high - low + 1))


def junk(luck):
    """Registers full of something, so that a lost half is seen."""
    values = [f"        mov {register}, {draw(luck, 0x1111, 0xEEEE):#x}" for register in ("ax", "bx", "cx", "si", "di")]
    return "\n".join(values) + "\n"


def story(family, title, body, reads=None, handlers=""):
    """One scenario; `reads`: place → values that its device gives one after the other."""
    source = f"{body}\ndone:   nop\n{handlers}"
    return family, title, {"source": source, "reads": {str(place): values for place, values in (reads or {}).items()}}


def send(luck, places=4):
    """Lines that write to one device of the guest's, and what they do in words."""
    value = draw(luck, 0x4161, 0x5A7A)
    which = draw(luck, 0, places - 1)
    return (
        (f"        mov dx, 0x3f8\n        mov al, {value & 255:#x}\n        out dx, al\n", "a byte to the serial port"),
        (f"        mov dx, 0x300\n        mov ax, {value:#x}\n        out dx, ax\n", "a word to the gauge"),
        (f"        mov ax, {value:#x}\n        mov [es:2], ax\n", "a word to a device register in memory"),
        (f"        mov al, {value & 255:#x}\n        mov [es:4], al\n", "a byte to a device register in memory"),
    )[which]


REACH = "        mov dx, 0xd000\n        mov es, dx\n"


def outputs(luck):
    for _ in range(2):
        lines, words = send(luck, 1)
        yield story("output", f"a guest sends {words}", junk(luck) + lines)
    for count in (2, 3, 5, 7):
        sent = [send(luck) for _ in range(count)]
        first, last = sent[0][1], sent[-1][1]
        title = f"a guest writes {count} times, first {first}, last {last}"
        yield story("output", title, junk(luck) + REACH + "".join(lines for lines, _ in sent))
    letters = "".join(chr(draw(luck, 97, 122)) for _ in range(draw(luck, 4, 8)))
    loop = (
        f"        mov si, text\n        mov cx, {len(letters)}\n        mov dx, 0x3f8\n"
        f"next:   mov al, [si]\n        out dx, al\n        inc si\n        loop next\n"
    )
    yield story(
        "output", f"a guest sends {letters!r} in a loop", junk(luck) + loop, handlers=f"text:   db '{letters}'\n"
    )


def receive(luck):
    """Lines that read from one device and keep what came, the place, its value, and what they do in words."""
    value, keep = draw(luck, 0x1041, 0xEE7A), f"        mov [{draw(luck, 0x2000, 0x20F0) & ~1:#x}], ax\n"
    return (
        ("        mov dx, 0x3f8\n        in al, dx\n" + keep, SERIAL, value & 255, "a byte from the serial port"),
        ("        mov dx, 0x300\n        in ax, dx\n" + keep, GAUGE, value, "a word from the gauge"),
        ("        mov ax, [es:2]\n" + keep, REGISTERS + 2, value, "a word from a device register in memory"),
        ("        mov al, [es:4]\n" + keep, REGISTERS + 4, value & 255, "a byte from a device register in memory"),
    )[draw(luck, 0, 3)]


def inputs(luck):
    for size, register, place in ((1, "al", SERIAL), (2, "ax", GAUGE)):
        value = draw(luck, 0x1041, 0xEE7A) & (0xFF if size == 1 else 0xFFFF)
        body = junk(luck) + f"        mov dx, {place:#x}\n        in {register}, dx\n        mov [0x2000], ax\n"
        yield story("input", f"a guest reads {size} byte{'s' * (size > 1)} from a port", body, {place: [value]})
    echo = (
        "        mov dx, 0x3f8\n        mov al, '?'\n        out dx, al\n        in al, dx\n        inc al\n"
        "        out dx, al\n        mov [0x2000], ax\n"
    )
    value = draw(luck, 0x41, 0x5A)
    yield story("input", "a guest asks with '?' and reads the answer", junk(luck) + echo, {SERIAL: [value]})
    for count in (2, 3, 5):
        came = [receive(luck) for _ in range(count)]
        reads = {}
        for _, place, value, _ in came:
            reads.setdefault(place, []).append(value)
        title = f"a guest reads {count} times, first {came[0][3]}"
        yield story("input", title, junk(luck) + REACH + "".join(lines for lines, *_ in came), reads)
    busy = draw(luck, 2, 5)
    poll = (
        "        mov dx, 0x300\nwait:   in ax, dx\n        test ax, 0x8000\n        jz wait\n        mov [0x2000], ax\n"
    )
    ready = 0x8000 | draw(luck, 1, 0x7000)
    yield story(
        "input",
        f"a guest asks its gauge until it is ready, {busy + 1} times",
        poll,
        {GAUGE: [draw(luck, 1, 0x7000) for _ in range(busy)] + [ready]},
    )


SET_UP = f"        mov word [{VECTOR * 4:#x}], tick\n        mov word [{VECTOR * 4 + 2:#x}], 0\n"
RING = "        out 0x60, al\n"
ARM = "        out 0x61, al\n"


def write_letter(letter):
    return f"        mov dx, 0x3f8\n        mov al, '{letter}'\n        out dx, al\n"


def interrupts(luck):
    letter = "tuvw"[draw(luck, 0, 3)]
    tick = TICK.format(letter=letter)
    yield story(
        "interrupts",
        "a guest switches interrupts off and on",
        junk(luck) + "        cli\n        sti\n        cli\n",
    )
    yield story("interrupts", "a guest is done: cli, then hlt for ever", junk(luck) + "        cli\n        hlt\n")
    body = SET_UP + "        sti\n        nop\n" + RING + "        nop\n        cli\n"
    yield story("interrupts", "a device interrupts a guest that listens", junk(luck) + body, handlers=tick)
    for count in (1, draw(luck, 2, 3)):
        inside = "".join(write_letter(chr(draw(luck, 65, 90))) for _ in range(count))
        body = (
            SET_UP
            + "        sti\n        nop\n        cli\n"
            + RING
            + inside
            + "        sti\n        nop\n        nop\n        cli\n"
        )
        title = f"a device interrupts between cli and sti, while the guest writes {count} letter{'s' * (count > 1)}"
        yield story("interrupts", title, junk(luck) + body, handlers=tick)
    body = SET_UP + RING + write_letter("A") + "        sti\n        nop\n        nop\n        cli\n"
    yield story("interrupts", "a device interrupts before the guest has said sti", junk(luck) + body, handlers=tick)
    for count in (1, draw(luck, 2, 4)):
        waits = (ARM + "        sti\n        hlt\n        cli\n") * count
        title = f"a guest waits with hlt for its alarm clock, {count} time{'s' * (count > 1)}"
        yield story("interrupts", title, junk(luck) + SET_UP + waits + write_letter("Z"), handlers=tick)


CATCH = "        mov word [{place:#x}], fault\n        mov word [{segment:#x}], 0\n"


def refusals(luck):
    family = "what the guest may not"
    value, serial = draw(luck, 0x41, 0x5A), OTHERS_SERIAL[draw(luck, 0, 2)]
    mov = junk(luck) + f"        mov dx, {{:#x}}\n        mov al, {value:#x}\n"
    yield story(family, "guest web writes to the serial port of guest db", mov.format(serial) + "        out dx, al\n")
    yield story(
        family,
        "guest web reads the gauge of guest db",
        mov.format(OTHERS_GAUGES[draw(luck, 0, 2)]) + "        in ax, dx\n        mov [0x2000], ax\n",
    )
    yield story(
        family,
        "guest web reads a byte from a port where nothing is",
        mov.format(NOBODY) + "        in al, dx\n        mov [0x2000], ax\n",
    )
    yield story(
        family,
        "guest web writes to its own and to db's serial port",
        junk(luck) + write_letter("A") + mov.format(serial) + "        out dx, al\n" + write_letter("B"),
    )
    place = 2 * draw(luck, 0, 3)
    neighbour = f"        mov dx, {OTHERS_REGISTERS >> 4:#x}\n        mov es, dx\n"
    for does, line in (("writes to", f"mov [es:{place}], ax"), ("reads", f"mov ax, [es:{place}]")):
        title = f"guest web {does} a device register of guest db in memory"
        yield story(family, title, junk(luck) + neighbour + f"        {line}\n        mov [0x2000], ax\n")
    for vector, code, length, words in (
        (6, "        db 0x0f, 0x0b\n", 2, "runs an undefined instruction (ud2)"),
        (0, "        mov bl, 0\n        div bl\n", 2, "divides by zero"),
        (6, "        vmcall\n", 3, "calls a hypervisor that it does not have (vmcall)"),
    ):
        catch = CATCH.format(place=vector * 4, segment=vector * 4 + 2)
        yield story(
            family,
            f"a guest {words} and has a handler for it",
            junk(luck) + catch + write_letter("A") + code + write_letter("B"),
            handlers=FAULT.format(length=length),
        )
