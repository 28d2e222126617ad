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

STARTS = ("run", "take")  # orders whose argument is a spec
BUSY = {"run": "starting", "take": "starting", "migrate": "migrating"}  # while an order is carried out; else 'stopping'
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
        life = self.node.life

        def beat():
            if self.node.life == life and self.node.state == "running":
                self._report()
                self.world.env.soon(beat, self.report_s)

        self.world.env.soon(beat, self.report_s)

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
        vms, changed = self.vms, self.changed
        for name, *values in rows:
            if values[0] == "absent":
                vms.pop(name, None)
            elif vms.get(name) != tuple(values):
                vms[name] = tuple(values)
            changed[name] = True
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
        ledger, busy, specs = self.ledger, self.busy, [fixed(spec) for spec in detail["specs"]]
        for verb, name, n, arg in detail["orders"]:
            seen = ledger.get(name, 0)
            if n < seen or n == seen and name in busy:
                continue
            ledger[name], busy[name] = n, BUSY.get(verb, "stopping")
            self.queue.append((verb, name, n, specs[arg] if verb in STARTS else arg))
        if self.queue and not self.working:
            self.working = True
            self.node.process(self._work())

    def _work(self):
        """Carry out what is in the queue, all of it together, until there is no more (a generator)."""
        while self.queue:
            queue, self.queue = self.queue, deque()
            orders, calls, owners, definitions = [], [], [], Definitions()
            for order in queue:
                verb, name, n, arg = order
                if verb == "migrate":
                    self.node.process(self._migrate(name, n, arg))
                    continue
                orders.append(order)
                try:
                    made = calls_for(verb, name, arg, self.vms.get(name, absent)[0], definitions)
                except LabError as error:
                    self.errors.append([name, n, error.code, error.message])
                else:
                    calls += made
                    owners += [order] * len(made)
            answers = yield from self._bulk(calls, definitions)
            self._done(orders, owners, answers)
        self.working = False

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
            for (_, name, n, _), answer in zip(owners, answers, strict=True):
                if answer is not None:
                    refused.setdefault(name, [name, n, *answer])
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
        state = AFTER.get(verb)
        if state is not None:
            before = self.vms.get(name)
            if before is None or before[0] != state:
                self.vms[name] = (state, *before[1:]) if before else NEW[state]
        elif verb in ("remove", "drop"):
            self.vms.pop(name, None)

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
            life, cause = self.node.life, self.world.cause
            self.world.env.soon(lambda: self._report(cause) if self.node.life == life else None)

    def _report(self, cause=None):
        """Everything if that was asked, else what has changed, which may be nothing."""
        full, shown, news = self.full and self.known, {}, {}
        if full or self.changed or self.errors:
            names = [*self.vms, *[name for name in self.ledger if name not in self.vms]] if full else self.changed
            news = {"vms": self._rows(names), "errors": self.errors}
            if full:
                news["hardware"] = self._hardware()
                self.full = False
            self.delta, shown = self.delta + 1, {"vms": len(names), "full": full}
            self.changed, self.errors = {}, []
        self.seq, self.asked = self.seq + 1, False
        world = self.world
        before, world.cause = world.cause, cause
        world.cast(
            self.name, self.vim, self.kind, "report", shown=shown, host=self.vmm.name, boot=self.boots,
            power=self.vmm.node.life, seq=self.seq, delta=self.delta, full=full, manager=not self.silent, **news,
        )  # fmt: skip
        world.cause = before

    def _rows(self, names):
        vms, busy, ledger, rows = self.vms, self.busy, self.ledger, []
        for name in names:
            state, demand_mhz, used_mib = vms.get(name, absent)
            rows.append([name, busy.get(name) or WIRE.get(state, "off"), ledger.get(name, 0), demand_mhz, used_mib])
        return rows

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
