"""How one instruction after the other is executed, and how one that could not be finished is tried again.

A task is what is in work: the instruction at cs:ip, or the delivery of an exception. When a device has to be asked, the
task is dropped half-way (it has changed nothing yet), and done again with the answer in memory.answers. Both kinds of
task are plain tuples, so that a snapshot can hold them.
"""

from contextlib import contextmanager

from labkit.vmm.cpu.decoder import TooShort, Undecodable, decode
from labkit.vmm.cpu.exits import Access, Exit, Fault, Refused, Signal, Stop, Turn
from labkit.vmm.cpu.flags import IF, IOPL, PRIVILEGED, TF, Flags
from labkit.vmm.cpu.instructions import build
from labkit.vmm.cpu.memory import Memory
from labkit.vmm.cpu.operands import CS, SP, SS
from labkit.vmm.cpu.system import Privileged
from labkit.world.errors import LabError

INSTRUCTION, DELIVERY = ("instruction",), "delivery"
SINGLE_STEP = 1


class Execution:
    """The processor's insides: registers as lists, memory, and the way from one instruction to the next."""

    def __init__(self, ram_kib):
        self.words, self.selectors, self.bases = [0] * 8, [0] * 4, [0] * 4
        self.flags, self.memory, self.cpuid = Flags(), Memory(ram_kib, self.bases), {}
        self.ram = self.memory.ram
        self.drop()

    def drop(self):
        """Nothing is in work, nothing waits."""
        self.task, self.waiting, self.held, self.virtual = INSTRUCTION, None, None, None
        self.memory.done()

    def set_segment(self, number, selector):
        """Load a segment register."""
        self.selectors[number] = selector
        self.bases[number] = selector << 4
        if number == CS:
            self.code = self.memory.caches.setdefault(selector, {})

    @property
    def privileged(self):
        """A copy of what the real privileged registers hold; assigning a Privileged loads them."""
        control = self.flags.control
        return Privileged(int(bool(control & IF)), (control & IOPL) >> 12, self.gdtr, self.idtr, self.msw)

    @privileged.setter
    def privileged(self, wanted):
        flags = (IF if wanted.interrupt_flag else 0) | wanted.iopl << 12
        self.flags.control = self.flags.control & ~PRIVILEGED | flags
        self.gdtr, self.idtr, self.msw = wanted.gdtr, wanted.idtr, wanted.msw

    def _onward(self, budget):
        """The next interrupt, the next single instruction, or up to `budget` of them in one go; an Exit or None."""
        if self.pending and self.interruptible:
            return self._perform((DELIVERY, self.pending.pop(0), self.ip))
        if self.shadow or self.flags.control & TF:
            self.shadow = False
            return self._perform(INSTRUCTION)
        return self._burst(budget)

    def _burst(self, budget):
        """The quick way: nothing but ip = code[ip]()."""
        code, ip, done, signal = self.code, self.ip, 0, None
        try:
            for done in range(budget):  # noqa: B007  (when something is raised, `done` instructions are complete)
                ip = code[ip]()
            done = budget
        except KeyError:
            if ip in code:
                raise
        except Signal as raised:
            signal = raised
        finally:
            self.ip = ip
            self.steps += done
        if signal:
            return self._react(signal, INSTRUCTION)
        return None if done == budget else self._prepare()

    def _perform(self, task):
        """Do a task from its beginning; None when it is done, else an Exit. With TF set exception 1 follows."""
        before = self.flags.control
        exit = self._try(task)
        opened = self.flags.control & ~before & IF  # the shadow is a sti's: it holds off interrupts, not exception 1
        if exit is None and before & TF and task == self.task == INSTRUCTION and (opened or not self.shadow):
            return self._react(Fault(SINGLE_STEP, why="TF"), INSTRUCTION)
        return exit

    def _try(self, task):
        self.task = task
        self.memory.used = 0
        try:
            if task == INSTRUCTION:
                missing = self._prepare()
                if missing:
                    return missing
                self._finish(self.code[self.ip](), count=1)
            else:
                self._deliver(*task[1:])
        except Signal as signal:
            return self._react(signal, task)
        return None

    def _react(self, signal, task):
        """What an instruction that did not just go on makes of the machine: None, or an Exit."""
        if isinstance(signal, Turn | Stop):
            exit = self._exit(signal.reason, **signal.fields) if isinstance(signal, Stop) else None
            self._finish(signal.ip, count=1)
            self.shadow = isinstance(signal, Turn) and signal.shadow
            return exit
        if isinstance(signal, Access):
            self.task = task
            return self._exit(signal.reason, **signal.fields)
        self.memory.done()
        if isinstance(signal, Refused):
            return self._exit("internal_error", message=str(signal))
        return self._fault(signal, task)

    def _fault(self, fault, task):
        software = fault.next_ip is not None
        if task != INSTRUCTION:
            return self._exit("shutdown", message=f"exception {task[1]} cannot be delivered: {fault.why}")
        if self.mode == "user":
            return self._exit("exception", vector=fault.vector, software=software)
        self.steps += 1
        return self._perform((DELIVERY, fault.vector, fault.next_ip if software else self.ip))

    def _finish(self, ip, count):
        self.ip = ip
        self.steps += count
        self.memory.done()

    def _prepare(self):
        """Make the instruction at cs:ip executable; an Exit if it is none."""
        if self.ip in self.code:
            return None
        selector = self.selectors[CS]
        try:
            instruction = self._decoded()
        except Undecodable as refused:
            return self._exit("internal_error", message=refused.message)
        self.memory.mark(selector, self.ip, instruction.length)
        self.code[self.ip] = build(self, instruction)
        return None

    def _decoded(self):
        """The Instruction at cs:ip."""
        selector, ip = self.selectors[CS], self.ip
        place = f"{selector:04x}:{ip:04x}, physical address 0x{(selector << 4) + ip:05x}"
        code = self.memory.fetch(selector, ip)
        if not code:
            raise Undecodable(f"there is no code at {place}: RAM ends at 0x{len(self.ram):05x}, the segment at 0x10000")
        try:
            return decode(code, ip)
        except TooShort:
            raise Undecodable(f"the instruction at {place} reaches over the end of RAM or of its segment") from None

    def _deliver(self, vector, return_ip):
        """Push flags, cs and ip; clear IF and TF; go on where the interrupt table says."""
        base, limit = self.idtr
        entry = base + 4 * vector
        if 4 * vector + 3 > limit or entry + 4 > len(self.ram):
            raise Fault(vector, why="the interrupt table ends before it")
        top, store = self.words[SP], self.memory.store
        for at, value in enumerate((self.flags.image, self.selectors[CS], return_ip & 0xFFFF), start=1):
            store(SS, top - 2 * at & 0xFFFF, 2, value)
        self.words[SP] = top - 6 & 0xFFFF
        self.flags.control &= ~(IF | TF)
        offset, selector = (self.ram[at] | self.ram[at + 1] << 8 for at in (entry, entry + 2))
        self.set_segment(CS, selector)
        self.shadow = False
        self._finish(offset, count=0)

    def _open(self, exit):
        """Hand an exit out. What is only told (out, write) is finished at once; what is asked (in, read) waits."""
        if exit is None or not (exit.direction or exit.needs_answer):
            self.virtual = None
        elif exit.needs_answer:
            self.waiting = exit
        else:
            self.memory.answers.append(None)
            self.held = self._again(self.task)
        return exit

    def _again(self, task):
        """Do the task with the privileged registers with which it began."""
        with self._owning(self.virtual):
            exit = self._perform(task)
        if exit is None:
            self.virtual = None
        return exit

    def _alone(self, task, virtual):
        """Do one task on the privileged registers `virtual` (None: the real ones), and open its exit."""
        if self.held:
            raise LabError(f"the guest is not done with '{self.held}'", next_step="cpu.run() hands it out")
        self.virtual = virtual
        return self._open(self._again(task))

    @contextmanager
    def _owning(self, virtual):
        """Ring 0 on the privileged registers `virtual`, which keep the changes; then the real machine as before."""
        if virtual is None:
            yield
            return
        mode, real, self.mode, self.privileged = self.mode, self.privileged, "supervisor", virtual
        try:
            yield
        finally:
            vars(virtual).update(vars(self.privileged))
            self.mode, self.privileged = mode, real

    def _exit(self, reason, **fields):
        try:
            decoded = self._decoded()
        except Undecodable:
            decoded = None
        return Exit(reason, self.ip & 0xFFFF, self.selectors[CS], decoded, **fields)
