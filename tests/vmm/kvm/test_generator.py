"""The generated programs: always the same, of the right size, ending, and together using everything there is."""

from hashlib import sha256

from labkit.vmm.cpu import FORMS, Cpu, decode, undefined_flags
from tests.vmm.kvm.compare import play
from tests.vmm.kvm.generator import data, program, source
from tests.vmm.kvm.writer import LEAVES_UNDEFINED

CORPUS = range(400)  # the programs of test_differential
ANSWERED_BY_KVM_ITSELF = {"cpuid", "vmcall"}


def instructions(guest):
    """The instructions of a program's listing, those in raw bytes included."""
    return [
        decode(line.code, line.address) for line in guest.listing if line.code and "never executed" not in line.source
    ]


def test_the_same_seed_gives_the_same_bytes_on_every_python():
    text = "".join(source(seed) for seed in range(40))
    assert sha256(text.encode()).hexdigest()[:16] == "0adcb07dc1c51292"
    assert sha256(data(7)).hexdigest()[:16] == "54815c20cf5efa12"


def test_across_the_corpus_every_implemented_opcode_occurs():
    seen, sizes = set(), []
    for seed in CORPUS:
        written = instructions(program(seed))
        seen |= {(each.form.opcode, each.form.extension) for each in written}
        sizes.append(len(written))
    missing = {form.mnemonic for form in FORMS if (form.opcode, form.extension) not in seen}
    assert missing == ANSWERED_BY_KVM_ITSELF
    assert 20 <= min(sizes) <= max(sizes) <= 200


def test_the_generator_knows_every_instruction_that_leaves_a_flag_undefined():
    """Otherwise it might read such a flag, and two right processors would disagree."""
    leaving = {each.mnemonic for seed in range(100) for each in instructions(program(seed)) if undefined_flags(each)}
    assert leaving <= LEAVES_UNDEFINED
    assert {"mul", "div", "and", "shl", "daa"} <= leaving


def test_every_program_comes_to_its_hlt():
    ends = [play(Cpu(), program(seed), data(seed), seed).exits[-1] for seed in range(60)]
    assert set(ends) == {"hlt"}


def test_they_do_what_guests_do():
    """Between them: all four kinds of device access in both sizes, and faults that go through vector 0."""
    played = [play(Cpu(), program(seed), data(seed), seed) for seed in range(60)]
    kinds = {(exit.split()[0], exit.split()[4]) for each in played for exit in each.exits if exit != "hlt"}
    assert kinds == {(kind, size) for kind in ("in", "out", "read", "write") for size in "12"}
    assert sum(each.ram[0x2F10] for each in played) > 10  # how often the handler of vector 0 ran
