"""The VIM's hand on a host: it hears orders, drives the host's own management process, and reports what it sees.

    vim ── orders ──▶ esx1-agent ── libvirt connectBulk ──▶ esx1-libvirtd ──▶ esx1
        ◀── report ──            ◀──── domainEvents ───────

Nothing here is certain to arrive, so nothing depends on one message. Orders say what shall be and carry a number: the
same one again does no harm, an older one is ignored. Reports say what is; each change has a number, and every ten
seconds a report without news says that there is none, or shows that one was lost. Not to hear the agent says only that:
the cable, this process or the whole machine may be gone.

What the real one does differently: vSphere's vpxa keeps a copy of the host's inventory that vpxd fetches by version
numbers, and its heartbeat is a UDP packet to port 902 every 10 s (documented default); nova-compute writes a row of the
database instead. Both get their orders over connections that notice when they break.
"""

from collections import deque
from functools import lru_cache

from labkit.vim.carrying_out import WIRE, Definitions, absent, calls_for
from labkit.world import LabError, action
from labkit.world.errors import Unanswered, number
from labkit.world.fixed import Fixed, fixed

AFTER = {"run": "running", "take": "running", "pause": "paused", "off": "shutoff"}  # the state after an order
NEW = {state: (state, 0, 0) for state in AFTER.values()}
ANSWER_S = 30.0  # a management process that is silent for so long is taken for gone (libvirt's keepalive, 5 s × 6)


class Agent:
    """The agent on the machine of `vmm` (a Vmm or LeanVmm): node `<vmm>-<suffix>`, which talks to the node `manager`.

    kind      kind of its messages with the VIM
    report_s  seconds between two reports
    On the host's disk: `boots`, how often it has started, and `ledger`, VM → the highest order number it has seen.
    """

    @action
    def __init__(self, world, vmm, manager="vim", suffix="agent", kind="vim", report_s=10.0):
        self.world, self.vmm, self.name = world, vmm, f"{vmm.name}-{suffix}"
        self.vim, self.kind, self.report_s = manager, kind, number(report_s, "report_s", least=0.1)
        self.boots, self.ledger = 0, {}
        self.node = world.node(self.name, serve=self._serve, on_start=self._started, on_crash=self._forget)
        vmm.listener = self.name
        vmm.processes.append(self.node)
        self._started()

    def __repr__(self):
        return f"<Agent {self.name}: start {self.boots}, {len(self.vms)} VMs>"

    # -- life ----------------------------------------------------------------------------------------------------
    def _forget(self):
        self.vms = {}  # VM -> (state in libvirt's words, demand_mhz, used_mib), as the management process told
        self.busy = {}  # VM -> what is being done with it: 'starting', 'stopping', 'migrating'
        self.queue, self.working = deque(), False
        self.seq = self.delta = 0
        self.changed, self.errors, self.full, self.asked = {}, [], False, False
        self.known = self.silent = False  # has it got the list of VMs; has the management process been silent

    def _started(self):
        if self.vmm.node.state != "running":
            self.node.state = "crashed"
            raise LabError(f"{self.vmm.name} is off: no process can start on it", 409, True, "start the machine first")
        self._forget()
        self.boots += 1
        self.full = True
        self.node.process(self._look())
        self._later(self.report_s, self._beat)

    def _later(self, delay_s, call):
        life = self.node.life
        timer = self.world.env.timeout(delay_s)
        timer.callbacks.append(lambda _: call() if self.node.life == life and self.node.state == "running" else None)

    def _beat(self):
        self._report()
        self._later(self.report_s, self._beat)

    # -- messages ------------------------------------------------------------------------------------------------
    def _serve(self, message):
        if message.what == "domainEvents":
            self._hear(message.detail["events"])
        elif message.what == "connectOpen":
            self.node.process(self._look())
        elif message.what == "orders":
            self._take(message.detail)
        elif message.what == "describe":
            self.full = True
            self._report_soon()
        elif message.answer is not None:
            raise LabError(f"{self.name} has no {message.kind} {message.what!r}", 501, True)

    def _hear(self, rows):
        for name, state, demand_mhz, used_mib in rows:
            if state == "absent":
                self.vms.pop(name, None)
            else:
                self.vms[name] = state, demand_mhz, used_mib
            self.changed[name] = True
        self._report_soon()

    def _look(self):
        """Ask the management process for all VMs (a generator)."""
        try:
            rows = yield self._libvirt("connectGetAllDomainStats")
        except LabError:
            self.silent = True
        else:
            gone = self.vms.keys() - {row[0] for row in rows}
            self.known, self.silent = True, False
            self._hear([*rows, *[[name, "absent", 0, 0] for name in sorted(gone)]])
        self._report_soon()

    def _libvirt(self, what, shown=None, **detail):
        manager = self.vmm.manager.name
        return self.world.call(self.name, manager, "libvirt", what, ANSWER_S, shown=shown, **detail)

    # -- orders --------------------------------------------------------------------------------------------------
    def _take(self, detail):
        """Orders for this start of the agent, and newer than what it has seen, are put in the queue."""
        if detail["boot"] != self.boots:
            return
        ledger, specs = self.ledger, [fixed(spec) for spec in detail["specs"]]
        for order in detail["orders"]:
            verb, name, n, arg = order
            if n < ledger.get(name, 0) or n == ledger.get(name) and self.busy.get(name):
                continue
            ledger[name] = n
            self.busy[name] = (
                "migrating" if verb == "migrate" else "starting" if verb in ("run", "take") else "stopping"
            )
            spec = specs[arg] if verb in ("run", "take") else arg
            self.queue.append((verb, name, n, spec))
        if self.queue and not self.working:
            self.working = True
            self.node.process(self._work())

    def _work(self):
        """Carry out what is in the queue, all of it together, until there is no more (a generator)."""
        while self.queue:
            orders, self.queue = list(self.queue), deque()
            calls, owners, definitions = [], [], Definitions()
            for order in orders:
                if order[0] == "migrate":
                    self.node.process(self._migrate(*order[1:]))
                    continue
                made = self._calls(order, definitions)
                calls += made
                owners += [order] * len(made)
            answers = yield from self._bulk(calls, definitions)
            self._done([order for order in orders if order[0] != "migrate"], owners, answers)
        self.working = False

    def _calls(self, order, definitions):
        verb, name, n, arg = order
        try:
            return calls_for(verb, name, arg, self.vms.get(name, absent)[0], definitions)
        except LabError as error:
            self.errors.append([name, n, error.code, error.message])
            return []

    def _bulk(self, calls, definitions):
        """The answers to `calls`, one each: None, or [code, text] (a generator)."""
        if not calls:
            return []
        try:
            answers = yield self._libvirt(
                "connectBulk", {"calls": len(calls)}, calls=calls, definitions=definitions.values
            )
        except Unanswered as silence:
            self.silent = True
            return [[503 if silence.definite else 504, silence.message]] * len(calls)
        self.silent = False
        return answers

    def _done(self, orders, owners, answers):
        """What has become of the orders, noted and told. After a refusal the rest of an order does not count."""
        refused = {}
        if any(answers):
            for order, answer in zip(owners, answers, strict=True):
                if answer is not None:
                    refused.setdefault(order[1], [order[1], order[2], *answer])
        for verb, name, n, _ in orders:
            if self.ledger[name] == n:  # else a newer order is on its way already
                self.busy.pop(name, None)
            self.changed[name] = True
            if name not in refused:
                self._now(verb, name)
        self.errors += refused.values()
        if refused:  # perhaps it knows something that is so no more
            self.node.process(self._look())
        self._report_soon()

    def _now(self, verb, name):
        """What the management process said was done is so, until its events say otherwise."""
        if verb in ("remove", "drop"):
            self.vms.pop(name, None)
        elif verb in AFTER:
            state, before = AFTER[verb], self.vms.get(name)
            self.vms[name] = (state, *before[1:]) if before else NEW[state]

    def _migrate(self, name, n, target):
        try:
            yield self.world.call(
                self.name, self.vmm.manager.name, "libvirt", "domainMigratePerform3", 6 * 3600, name=name, target=target
            )
        except LabError as error:
            self.errors.append([name, n, error.code, error.message])
            if isinstance(error, Unanswered):
                self.node.process(self._look())
        if self.ledger[name] == n:
            self.busy.pop(name, None)
        self.changed[name] = True
        self._report_soon()

    # -- reports -------------------------------------------------------------------------------------------------
    def _report_soon(self):
        """One report at the end of this instant."""
        if not self.asked:
            self.asked = True
            cause = self.world.cause
            self._later(0, lambda: self._report(cause))

    def _row(self, name):
        state, demand_mhz, used_mib = self.vms.get(name, absent)
        return [name, self.busy.get(name) or WIRE.get(state, "off"), self.ledger.get(name, 0), demand_mhz, used_mib]

    def _report(self, cause=None):
        full = self.full and self.known
        names = [*self.vms, *[name for name in self.ledger if name not in self.vms]] if full else self.changed
        rows = [self._row(name) for name in names]
        self.seq += 1
        if rows or self.errors or full:
            self.delta += 1
        detail = {"host": self.vmm.name, "boot": self.boots, "power": self.vmm.node.life, "seq": self.seq,
                  "delta": self.delta, "full": full, "manager": not self.silent}  # fmt: skip
        if rows or self.errors or full:
            detail |= {"vms": rows, "errors": self.errors}
        if full:
            detail["hardware"] = self._hardware()
            self.full = False
        self.changed, self.errors, self.asked = {}, [], False
        world = self.world
        before, world.cause = world.cause, cause
        shown = {"vms": len(rows), "full": full} if rows or full else {}
        world.cast(self.name, self.vim, self.kind, "report", shown=shown, **detail)
        world.cause = before

    def _hardware(self):
        host, vmm = self.vmm.host, self.vmm
        shared = list(vmm.stores) if hasattr(vmm, "stores") else [vmm.datastore.name]
        return described(host, tuple(shared))


@lru_cache(maxsize=1024)
def described(host, datastores):
    """A host's hardware as a report tells it: most hosts of a data centre are alike."""
    hardware = {name: getattr(host, name) for name in HARDWARE}
    return Fixed({**hardware, "datastores": datastores})


HARDWARE = ("pcpus", "mhz", "memory_mib", "disk_gib", "cpu_model", "networks")
