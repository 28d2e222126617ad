"""The VIM's eye: called with every report, asked by people, and awake every ten seconds for what was *not* reported.

A report costs a few numbers in an array. Whatever needs thought is done when somebody looks.
"""

from dataclasses import asdict

from labkit.vim.keeping import writing
from labkit.vim.monitoring.alarms import Alarm, Hysteresis
from labkit.vim.monitoring.chart import Chart
from labkit.vim.monitoring.events import Events
from labkit.vim.monitoring.metrics import METRICS, known, limits_of, value_of
from labkit.vim.monitoring.readings import AlarmList, HostReadings
from labkit.vim.monitoring.series import FIVE_MIN_S, HALF_HOUR_S, HOLD_S, Series
from labkit.world import LabError, action
from labkit.world.errors import number, unknown, words

TICK_S = 10.0
LASTING = frozenset(("running", "off", "paused", "absent", "crashed"))
GAPS_S = {"raw": HOLD_S, "5 min": 1.5 * FIVE_MIN_S, "30 min": 1.5 * HALF_HOUR_S}


class Monitoring:
    """hosts, vms   the VIM's records by name. Public methods raise LabError 404 for what is not there."""

    tick_s = TICK_S

    @action
    def __init__(self, world, hosts=None, vms=None, name="vim-monitoring"):
        self.world, self.name = world, name
        self.hosts_, self.vms_ = {} if hosts is None else hosts, {} if vms is None else vms
        self.series, self.rules, self.states = {}, {}, {}
        self.homes = {}  # VM -> host on which it was seen running last
        self.watched, self.events, self.silent, self._of_hosts, self.vim = {}, Events(), set(), [], None

    def __repr__(self):
        red = sum(state.state != "green" for state in self.states.values())
        return f"<Monitoring: {len(self.series)} hosts heard, {len(self.rules)} alarms, {red} triggered>"

    # -- the VIM's hooks -------------------------------------------------------------------------------------------
    def bind(self, vim):
        """It belongs to this VIM from now on."""
        self.vim, self.hosts_, self.vms_ = vim, vim.hosts, vim.vms

    def started(self):
        """The VIM's process has started: how long a value has held was known to its memory only."""
        for state in self.states.values():
            state.interrupt()

    def written(self):
        """The alarms as plain data, for the VIM's database."""
        return [asdict(alarm) for alarm in self.rules.values()]

    def recall(self, data):
        """These alarms, as written() gave them, and no others. None: the VIM's process has ended."""
        self._write({values["name"]: Alarm(**values) for values in data or ()}, keep=False)

    def _write(self, rules, keep=True):
        self.rules = rules
        self._of_hosts = [alarm for alarm in rules.values() if alarm.of == "host"]
        if keep and self.vim is not None:
            self.vim.keep("monitoring")

    def reported(self, host):
        """A report has been put into this record."""
        series = self.series.get(host.name)
        if series is None:
            series = self.series[host.name] = Series()
        series.add(host.heard_at_s, host.demand_mhz, host.used_mib)
        if self._of_hosts:
            self._judge(self._of_hosts, host, host, host.demand_mhz, host.used_mib, host.heard_at_s)
        for vm in self.watched:
            record = self.vms_.get(vm)
            if record is not None and record.host is host:
                self._vm(record, host)

    def _vm(self, record, host):
        runs = record.seen == "running"
        demand, used = (record.demand_mhz, record.used_mib) if runs else (0.0, 0.0)
        self.watched[record.name].add(host.heard_at_s, demand, used)
        mine = [alarm for alarm in self.rules.values() if alarm.of == "vm"]
        self._judge(mine, record, host, demand, used, host.heard_at_s)

    def event(self, what, entity=None, detail=None):
        """Something has happened."""
        self.events.add(self.world.now, what, entity, detail)

    def vm_changed(self, vm, before):
        """The VM's host has reported another state than before."""
        what, host = vm.reported, vm.host.name if vm.host is not None else None
        if what not in LASTING:
            return
        earlier = self.homes.get(vm.name)
        if what == "running":
            self.homes[vm.name] = host
            if earlier not in (None, host):
                what = "migrated" if before == "migrating" else "restarted"
            elif before == "migrating" or (earlier == host and before == "absent"):
                return  # it has run here all the time: it stayed, or the VIM itself was away
        else:
            self.homes.pop(vm.name, None)
        self.events.add(self.world.now, what, vm.name, {"host": host})

    def host_changed(self, host, before):
        """The host is connected, silent or fenced now."""
        if (host.state != "connected") != (host.name in self.silent):
            self._silence(host)

    def tick(self):
        """Who has fallen silent, and who is back: alarms of a silent host are grey."""
        for host in self.hosts_.values():
            if (host.state != "connected") != (host.name in self.silent):
                self._silence(host)

    def _silence(self, host):
        now_silent = host.state != "connected"
        (self.silent.add if now_silent else self.silent.discard)(host.name)
        for alarm, target in list(self.states):
            if target == host.name:
                self.states[alarm, target].interrupt()
                self._status(alarm, target, "gray" if now_silent else self.states[alarm, target].state)

    # -- alarms ------------------------------------------------------------------------------------------------------
    @writing
    def alarm(self, name, metric, above, for_s=300.0, below=None, clear_s=300.0, severity="red", of="host"):
        """Write an alarm: see Alarm. LabError (409) if the name is taken."""
        made = Alarm(name, metric, above, for_s, below, clear_s, severity, of)
        if name in self.rules:
            raise LabError(f"there is already an alarm {name!r}", 409, True, "remove it first, or choose another name")
        self._write({**self.rules, name: made})
        return made

    @writing
    def remove(self, name):
        """Forget an alarm."""
        self._alarm(name)
        self._write({other: alarm for other, alarm in self.rules.items() if other != name})
        self.states = {key: state for key, state in self.states.items() if key[0] != name}

    @writing
    def acknowledge(self, name, target, by="administrator"):
        """Somebody is at it: it stays red until the cause is gone. LabError (409) if it is not triggered."""
        state = self.states.get((self._alarm(name).name, words(target, "the name of a host or VM")))
        if state is None or state.state == "green":
            raise LabError(f"{name!r} is not triggered on {target!r}", 409, True, "see monitoring.alarms()")
        state.acknowledged = by
        self._tell("AlarmAcknowledgedEvent", target, f"{name} acknowledged by {by}")

    def _alarm(self, name):
        if words(name, "an alarm's name") not in self.rules:
            error = unknown("alarm", name, self.rules)
            raise LabError(error.message, 404, True, error.next_step)
        return self.rules[name]

    def _judge(self, alarms, record, host, demand_mhz, used_mib, now_s):
        most_mhz, most_mib = limits_of(record, host)
        for alarm in alarms:
            value = value_of(alarm.metric, demand_mhz, used_mib, most_mhz, most_mib)
            key = alarm.name, record.name
            state = self.states.get(key)
            if state is None:
                if value <= alarm.above:
                    continue
                state = self.states[key] = Hysteresis(alarm, record.name)
            changed = state.hear(value, now_s)
            if changed:
                self._status(alarm.name, record.name, changed)
            if state.quiet:
                del self.states[key]

    def _status(self, alarm, target, colour):
        self._tell("AlarmStatusChangedEvent", target, f"{alarm} is {colour}")

    def _tell(self, name, entity, what):
        self.events.add(self.world.now, what, entity, None, name)
        self.world.emit(self.name, None, "alarm", f"{entity}: {what}", event=name, entity=entity)

    def alarms(self):
        """What is triggered or on its way, as a table; grey where the host is silent."""
        return AlarmList(self)

    def status(self, name):
        """'gray', 'red', 'yellow' or 'green' of a host or VM, as vCenter's overallStatus."""
        record = self._record(name)
        host = record if hasattr(record, "hardware") else record.host
        if host is not None and host.state != "connected":
            return "gray"
        there = {state.state for (_, target), state in self.states.items() if target == name}
        return next((colour for colour in ("red", "yellow") if colour in there), "green")

    def statuses(self):
        """{host: status} of all hosts, in one pass."""
        worst = {}
        for (_, target), state in self.states.items():
            if state.state == "red" or (state.state == "yellow" and worst.get(target) != "red"):
                worst[target] = state.state
        return {
            name: "gray" if host.state != "connected" else worst.get(name, "green")
            for name, host in self.hosts_.items()
        }

    # -- looking -------------------------------------------------------------------------------------------------------
    @action
    def watch(self, vm):
        """Keep the history of this VM from now on."""
        self._record(vm)
        self.watched.setdefault(vm, Series())

    def hosts(self):
        """The present figures of all hosts, each with its age."""
        return HostReadings(self)

    def history(self, name, metric="cpu_mhz", rollup="raw"):
        """[(at_s, value)] of a host or a watched VM; rollup 'raw', '5 min' or '30 min'."""
        if words(rollup, "a rollup") not in GAPS_S:
            raise LabError(f"there is no rollup {rollup!r}", 404, True, f"one of {', '.join(GAPS_S)}")
        record, known_metric = self._record(name), known(metric)
        series = self.series.get(name) or self.watched.get(name)
        if series is None and not hasattr(record, "hardware"):
            raise LabError(f"nobody watches {name!r}", 404, True, f"monitoring.watch({name!r}): from now on")
        host = record if hasattr(record, "hardware") else record.host
        most = limits_of(record, host)
        points = series.points(rollup) if series is not None else []
        return [(at_s, value_of(known_metric, demand, used, *most)) for at_s, demand, used in points]

    def chart(self, name, metric="cpu_mhz", rollup="raw", hours=None):
        """The same as a picture, with the threshold of an alarm on this metric; hours: the newest only."""
        points = self.history(name, metric, rollup)
        if hours is not None:
            since_s = self.world.now - 3600 * number(hours, "hours")
            points = [point for point in points if point[0] >= since_s]
        line = next((alarm.above for alarm in self.rules.values() if alarm.metric == metric), None)
        most = 100 if METRICS[metric] == "%" else None
        return Chart(f"{metric} of {name}", metric, points, most, line, GAPS_S[rollup], self.world.now)

    def _record(self, name):
        words(name, "the name of a host or VM")
        record = self.hosts_.get(name) or self.vms_.get(name)
        if record is None:
            error = unknown("host or VM", name, [*self.hosts_, *self.vms_])
            raise LabError(error.message, 404, True, error.next_step)
        return record
