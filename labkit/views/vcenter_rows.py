"""What is said of a thing in vCenter's tree, by vCenter and in truth, and the tree as HTML with ARIA's tree roles."""

from labkit.views import card
from labkit.views.vcenter_tree import split
from labkit.world.draw import escape

ACTIVE = {"running": "runs", "blocked": "runs", "paused": "suspended"}  # a domain's state
WINDOW = 24  # rows that are drawn at once
STATES = {"running": ("powered on", "good"), "off": ("powered off", "idle"), "absent": ("powered off", "idle"),
          "paused": ("suspended", "info"), "unknown": ("disconnected", "bad")}  # fmt: skip
STYLE = """<style>
.lk-tree [role=treeitem]{display:flex;flex-wrap:wrap;gap:0 8px;padding:2px 6px;border-radius:4px;cursor:pointer;
 color:var(--lk-ink);line-height:24px}
.lk-tree [aria-selected=true]{background:var(--lk-lit)}
.lk-tree [role=treeitem]:focus-visible{outline:3px solid #0072B2;outline-offset:-2px}
.lk-tree .lk-twisty{width:12px}.lk-tree .lk-word{color:var(--lk-quiet)}
.lk-tree[aria-disabled=true] [role=treeitem]{color:var(--lk-quiet);font-style:italic}
.lk-vcenter .lk-table td{overflow-wrap:anywhere}
.lk-columns{display:flex;flex-wrap:wrap;gap:8px 24px}.lk-columns>div{flex:1 1 330px;min-width:0}
</style>"""


def believed(vcenter, key):
    """(words, tone) of what vCenter says of a thing, while vpxd is up."""
    kind, name = split(key)
    vim = vcenter.vim
    if kind == "host":
        return host_words(vim.hosts[name])
    if kind == "vm":
        return vm_words(vim.vms[name])
    if kind == "cluster":
        return "cluster", ""
    if kind == "store":
        return "datastore", ""
    return ("datacenter" if kind == "datacenter" else "not placed yet"), ""


def host_words(host):
    """(words, tone) of a HostRecord, in vSphere's words."""
    if host.state != "connected":
        return "not responding", "bad"
    if host.maintenance:
        return "in maintenance mode" if host.maintenance == "in" else "entering maintenance mode", "odd"
    return "connected", "good"


def vm_words(vm):
    """(words, tone) of a VmRecord."""
    words, tone = STATES.get(vm.seen, (vm.seen, "info"))
    return (f"{words}, {vm.task} …" if vm.task else words), tone


def so_it_is(vcenter, key):
    """The truth about a host or a VM, for people only; '' for other things."""
    kind, name = split(key)
    nodes = vcenter.world.nodes
    if kind == "host":
        if nodes[name].state != "running":
            return f"machine {nodes[name].state}"
        parts = [part for part in ("hostd", "vpxa") if nodes[f"{name}-{part}"].state != "running"]
        cut = vcenter.world.network.link("vpxd", f"{name}-vpxa").is_cut
        words = [f"{part} stopped" for part in parts] + ["cut off from vpxd"] * cut
        return f"machine runs{', ' + ', '.join(words) if words else ''}"
    if kind != "vm":
        return ""
    copies = [(host, vmm.domains[name].state) for host, vmm in vcenter.vmms.items() if name in vmm.domains]
    found = [f"{ACTIVE[state]} on {host}" for host, state in copies if state in ACTIVE]
    return " AND ".join(found) or "runs nowhere"


def tree_html(tree, alarms, said, truth=False):
    """The tree: `said`: key → (words, tone) of what vCenter said last; `alarms`: names of things that have one."""
    drawn, above, below = tree.drawn(WINDOW)
    up = tree.vcenter.vim.alive
    rows = "".join(item(tree, row, said.get(row.key, ("?", "idle")), alarms, truth) for row in drawn)
    label = "Inventory" if up else "Inventory as it was when vpxd stopped"
    down = "" if up else ' aria-disabled="true"'
    return card.Html(
        f'{STYLE}{more(above, "above")}<div class="lk-tree" role="tree" aria-label="{label}"{down}>{rows}</div>'
        f"{more(below, 'below')}"
    )


def more(count, where):
    return f'<div class="lk-note">{"▲" if where == "above" else "▼"} {count:,} more {where}</div>' if count else ""


def item(tree, row, words, alarms, truth):
    """One row."""
    _, name = split(row.key)
    said, tone = words
    state = tree.branch(row.key)
    expanded = "" if state is None else f' aria-expanded="{str(state).lower()}"'
    chosen = row.key == tree.chosen
    twisty = "" if state is None else "▾" if state else "▸"
    shape = card.glyph(tone if tree.vcenter.vim.alive else "idle") if tone else ""
    alarm = f" {card.badge('alarm', 'bad')}" if name in alarms else ""
    so = so_it_is(tree.vcenter, row.key) if truth else ""
    real = f' <span class="lk-who">so it is: {escape(so)}</span>' if so else ""
    return (
        f'<div role="treeitem" aria-level="{row.level}" aria-setsize="{row.size}" aria-posinset="{row.at}"{expanded} '
        f'aria-selected="{str(chosen).lower()}" tabindex="{0 if chosen else -1}" data-lk-keep="tree" '
        f'data-lk="{escape(row.key)}" style="margin-left:{(row.level - 1) * 18}px">'
        f'<span class="lk-twisty" aria-hidden="true">{twisty}</span><span>{escape(name)}</span> '
        f'<span class="lk-word">{shape}{escape(said)}</span>{alarm}{real}</div>'
    )
