"""Planned evacuation: a healthy host is emptied before somebody opens its case. Everything moves while it runs.

    esx2 entering maintenance ── live migrations, a few at once ──▶ esx1, esx3      downtime per VM: below a second
         in maintenance       ◀── when the last one has left

The opposite of a restart: memory comes along, connections stay, and it takes as long as the memory takes on the wire.
Only a living host can hand its VMs over. What cannot move (local disk, no room) stays and runs on, with the reason;
the others do not wait for it, and the host is not 'in maintenance' before somebody has decided about it.

What the real one does differently: vSphere's EnterMaintenanceMode_Task waits for ever unless it has a timeout, and
needs DRS to find places by itself; it moves at most 4 or 8 VMs per host at once (1 or 10 GbE; documented defaults), 128
per datastore. In OpenStack the operator calls live-migrate VM by VM, or a tool does.
"""

from labkit.world.errors import LabError

TRIES, AGAIN_S = 3, 10.0


class Evacuation:
    """Empties `host` of the VIM for `job`, at most `per_host` migrations at once from it and to each target.

    moved    VM -> the host it went to; staying: VM -> why it cannot move
    """

    def __init__(self, vim, host, job, per_host, incoming):
        self.vim, self.world, self.host, self.job, self.per_host = vim, vim.world, host, job, per_host
        self.moved, self.staying, self.tries, self.going = {}, {}, {}, {}
        self.incoming = incoming  # host -> migrations on their way to it, of all evacuations

    def __repr__(self):
        stay = f"; {len(self.staying)} stay: {self._reasons()}" if self.staying else ""
        return f"<evacuation of {self.host.name}: {len(self.moved)} moved, {len(self.going)} on their way{stay}>"

    def _reasons(self, most=3):
        """Why the first of those that stay cannot move."""
        told = [f"{vm} ({why})" for vm, why in list(self.staying.items())[:most]]
        return "; ".join(told) + (f"; and {len(self.staying) - most} more" if len(self.staying) > most else "")

    def run(self):
        """Until the host is empty, or has left maintenance (a generator)."""
        while self.host.maintenance == "entering":
            wakes = self._begin()
            if not self.going and not self._left():
                return self._done()
            if not self.going:
                self._tell()
                wakes = [self.world.timeout(AGAIN_S)]
                self.tries.clear()
            yield self.world.env.any_of(wakes)
            self._collect()
        self.job.finish(self.world.now, LabError(f"{self.host.name} has left maintenance", 409, True))
        return None

    def _left(self):
        """VMs that still need this host."""
        return [vm for vm in self.host.vms.values() if vm.desired in ("running", "paused") and vm.seen != "crashed"]

    def _begin(self):
        """Start as many migrations as may be; the events of those that go on."""
        for vm in self._left():
            if len(self.going) >= self.per_host:
                break
            if vm.name not in self.going and vm.target is None and self.tries.get(vm.name, 0) < TRIES:
                self._move(vm)
        return [wake for wake, _ in self.going.values()] + ([self.world.timeout(1.0)] if not self.going else [])

    def _move(self, vm):
        full = [name for name, many in self.incoming.items() if many >= self.per_host]
        self.tries[vm.name] = self.tries.get(vm.name, 0) + 1
        try:
            target = self._target(vm, full)
            job = self.vim.migrate(vm.name, target.name)
        except LabError as error:
            busy = full and error.code == 507 and self.going
            self.tries[vm.name] = 0 if busy else TRIES
            if not busy:
                self.staying[vm.name] = error.message
            return
        wake = self.world.event()
        job.waiters = (*job.waiters, wake)
        self.going[vm.name] = wake, (job, target.name)
        self.incoming[target.name] = self.incoming.get(target.name, 0) + 1

    def _target(self, vm, full):
        if vm.spec.datastore is None:
            raise LabError(f"its disk lies on {self.host.name} itself", 409, True)
        return self.vim.placement.choose(self.vim.request(vm, None, (self.host.name, *full)))

    def _collect(self):
        """What has ended meanwhile."""
        for name, (_, (job, target)) in list(self.going.items()):
            if job.ended:
                del self.going[name]
                self.incoming[target] -= 1
                if job.error is None:
                    self.moved[name] = target
                    self.staying.pop(name, None)
                else:
                    self.staying[name] = job.error.message

    def _tell(self):
        """Some cannot move: say so once, and go on looking."""
        if not self.job.ended:
            many = len(self._left())
            why = f"{many} VM{'s stay' if many > 1 else ' stays'} on {self.host.name}: {self._reasons()}"
            self.job.finish(self.world.now, LabError(why, 409, True, "stop or terminate them, or make room elsewhere"))
            self.vim.emit(f"evacuation: {why}", self.host.name)

    def _done(self):
        self.host.maintenance = "in"
        self.vim.host_changed(self.host)
        self.vim.emit("maintenance: in", self.host.name, moved=len(self.moved))
        self.job.finish(self.world.now)
