"""Where a VM's time went, with the columns of esxtop: one line per VM, each percentage summed over its vCPUs.

A VM with four vCPUs can show 400 %: divide by the vCPUs before you judge. Rules of thumb (documented in VMware's
troubleshooting guides, not laws): %RDY above 5 % per vCPU is worth a look, above 10 % users notice; %CSTP above 3 %:
the VM has more vCPUs than it needs. %RDY contains %MLMTD: what is left without it is contention.

`guest sees` is not a column of esxtop: it is what the guest's own top shows. It cannot tell running from waiting for a
CPU (a Linux guest under KVM can: %st, steal time, which the hypervisor tells it).
"""

from labkit.world.draw import element, escape, style

COLUMNS = ("VM", "vCPUs", "%RUN", "%RDY", "%MLMTD", "%CSTP", "%WAIT", "MHz", "entitled MHz", "guest sees")


class Top:
    """A table of a scheduler's VMs at this moment, as text and as HTML; `top["web"]` is one line as a dict."""

    def __init__(self, scheduler):
        used, entitled = scheduler.used_mhz(), scheduler.entitled_mhz()
        elapsed = max(scheduler.now_ms, 1)
        self.seconds = scheduler.now_ms / 1000
        self.rows = {
            name: line(group, elapsed, used[name], float(entitled[name])) for name, group in scheduler.groups.items()
        }

    def __getitem__(self, name):
        return self.rows[name]

    def __str__(self):
        widths = [max(len(column), 6) for column in COLUMNS]
        widths[0] = max(len(name) for name in (*self.rows, COLUMNS[0]))
        lines = [COLUMNS, *(tuple(map(shown, row.values())) for row in self.rows.values())]
        return "\n".join(
            "  ".join(word.ljust(width) if at == 0 else word.rjust(width) for at, (word, width) in enumerate(cells))
            for cells in (list(zip(words, widths, strict=True)) for words in lines)
        )

    __repr__ = __str__

    def _repr_html_(self):
        head = element("tr", *(element("th", escape(column), scope="col") for column in COLUMNS))
        body = "".join(
            element("tr", *(element("th" if at == 0 else "td", escape(shown(value))) for at, value in enumerate(cells)))
            for cells in (row.values() for row in self.rows.values())
        )
        caption = element("caption", escape(f"After {self.seconds:g} s; percentages summed over the vCPUs of each VM"))
        return (
            f'<table style="{style()}color:var(--lab-text)">{caption}<thead>{head}</thead><tbody>{body}</tbody></table>'
        )


def line(group, elapsed, used, entitled):
    """The values of one VM under COLUMNS."""
    run, limited, costop, wait = (
        group.total_ms(state) / elapsed * 100 for state in ("run", "limited", "costop", "wait")
    )
    ready = group.total_ms("ready") / elapsed * 100 + limited
    vcpus = len(group.vcpus)
    values = (
        group.vm.name,
        vcpus,
        run,
        ready,
        limited,
        costop,
        wait,
        used,
        entitled,
        f"{100 - wait / vcpus:.0f} % busy",
    )
    return dict(zip(COLUMNS, values, strict=True))


def shown(value):
    """A cell as text."""
    return f"{value:,.0f}" if isinstance(value, float) else str(value)
