"""labkit.vim.monitoring: what the agents reported, how it was, and when somebody should be woken.

    monitoring = vim.monitoring
    monitoring.hosts()                                   # a table: MHz, MiB, ready, state, heard … s ago
    monitoring.history("esx1", "cpu_mhz").table()        # raw, 5-minute and 30-minute averages
    monitoring.chart("esx1", "cpu_mhz", hours=1)         # an SVG picture, with the same as text
    monitoring.alarm("Host CPU usage", "cpu_percent", above=90, for_s=300, below=75, clear_s=300)
    monitoring.alarms(); monitoring.acknowledge("Host CPU usage", "esx1", by="ann")
    monitoring.events                                    # HostConnectionLostEvent, VmPoweredOnEvent, …
    monitoring.watch("web")                              # keep the history of this VM, too

Nothing here measures. Agents report, reports travel, and what is shown is as old as the last one: a host that is silent
has no load of 0 but an unknown one, its line has a gap, its alarms turn grey.

A VIM that crashes forgets no alarm: those that were written lie in its database (labkit.vim.keeping). Samples, events
and the colours of alarms lie on a disk of monitoring's own, and are there after a crash, too. We write each sample at
once; a real one loses the newest few. How long a value has been too high was in memory only: that begins anew.

What the real one does differently: vCenter keeps statistics, events, alarms and tasks in its PostgreSQL, on a partition
of its own (/storage/seat; documented). An ESXi host takes a sample every 20 s and keeps an hour of them itself; vCenter
fetches averages of 5 min and keeps them a day, of 30 min a week, of 2 h a month, of a day a year, and how many counters
it keeps is set by statistics levels 1 to 4 (documented defaults: 'vSphere Monitoring and Performance', 'Data Collection
Intervals'). Ours are taken from the reports (every 10 s and at changes); the two longest averages are left out. vCenter
keeps history of every VM; here only of VMs that are watched. `ready` of a host is worked out from what its VMs wanted
and what the host has; a real host measures it in every vCPU.

Files: series (samples and their averages), metrics (what can be asked), alarms (hysteresis), events (names), chart.
"""

from labkit.lazy import names

HOMES = {
    "Alarm": "alarms",
    "Chart": "chart",
    "Hysteresis": "alarms",
    "METRICS": "metrics",
    "Monitoring": "monitoring",
    "Series": "series",
}
__all__ = list(HOMES)
__getattr__ = names(__name__, HOMES)
