"""labkit.vmm.cpu: the guest's machine – a processor that runs real 16-bit x86 code, an assembler, and devices.

    from labkit.vmm.cpu import Cpu, assemble

    program = assemble("mov al, 'A'\\n mov dx, 0x3f8\\n out dx, al\\n hlt")
    print(program)                                 # the listing: addresses, bytes, source
    cpu = Cpu(ram_kib=64)
    cpu.load(program)
    print(cpu.run())                               # io out port 0x3f8 byte 0x41 …

The surprise is who answers the exits. On the bare machine it is the hardware: Machine(cpu, Bus(Serial())).run(). In a
VM it is a program, the VMM – and the guest cannot tell, unless an instruction betrays it.
"""

from labkit.lazy import names

HOMES = {
    "Cpu": "cpu", "Exit": "exits", "Privileged": "system", "HOST": "system",
    "assemble": "assembler", "Program": "assembler", "decode": "decoder", "disassemble": "decoder",
    "undefined_flags": "instructions", "MNEMONICS": "encoding", "FORMS": "encoding",
    "Bus": "bus", "Machine": "machine", "Serial": "devices", "CmosClock": "devices", "TextScreen": "devices",
    "RegisterDevice": "devices", "Timer": "timer", "programs": "programs",
}  # fmt: skip
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
