"""Four protections, one accident: what goes on, what is forgotten, what is lost (card S8, belief m6).

    room A    esx1, esx2, san1, the VIM           HA: restarted by the VIM's failover system
    room B    esx3, san2                          FT: a lock-step twin on esx1 and esx2
                                                  replication: its disk is mirrored to san2, every 60 s
                                                  backup: a copy of last night lies on san2

A machine acts by itself; a person comes half an hour later and does what is left to do: starts what may be started,
fails over what has a copy, restores what has a backup. Everything in the table has been measured at the customers of
the four shops, and on the disks.
"""

from labkit.vim.failover import FailoverSystem
from labkit.vim.replication.array import Array
from labkit.vim.replication.backup import Backup
from labkit.vim.replication.mirror import Mirror
from labkit.vim.replication.shop import MOST, Customer, service
from labkit.vim.replication.twin import Twin
from labkit.vim.spec import Spec
from labkit.vim.vim import Vim
from labkit.vmm.disks import Datastore
from labkit.vmm.host import Host
from labkit.vmm.vmm import Vmm
from labkit.world import LabError, World
from labkit.world.draw import escape

SHOPS = {"ha": "HA restart", "ft": "fault tolerance", "mirrored": "replication", "saved": "backup"}
ACCIDENTS = ("crash", "delete", "fire")
BACKUP_S, ACCIDENT_S, PERSON_S, END_S = 200.0, 290.0, 1800.0, 2700.0
HEAD = ("protection", "service", "memory", "orders until then")


class Company:
    """The two rooms with the four shops and their customers."""

    def __init__(self, seed):
        w = self.world = World(seed, journal=False)
        self.store1, self.store2 = Datastore(w, "san1", 200), Datastore(w, "san2", 200)
        self.san1, self.san2 = Array(w, self.store1), Array(w, self.store2)
        self.vmms = {f"esx{n}": Vmm(w, f"esx{n}", Host(), datastore=store)
                     for n, store in ((1, self.store1), (2, self.store1), (3, self.store2))}  # fmt: skip
        self.vim = Vim(w, hosts=[self.vmms["esx1"], self.vmms["esx2"]], failover=FailoverSystem())
        self.vim.placement.datastore("san1", 200)
        for shop in SHOPS:
            self.store1.create(shop, 1)
        self.mirror = Mirror(w, self.san1, "mirrored", self.san2, mode="async", every_s=60)
        self.backup = Backup(w, self.san1, "saved", self.store2)
        for shop, priority in (("ha", "high"), ("mirrored", "disabled"), ("saved", "disabled")):
            self.store1.systems[shop] = service("san1-array"), None
            self.vim.create(shop, spec=Spec(datastore="san1", disk_gib=1), priority=priority, host="esx1")
        Twin(w, "ft", self.vmms["esx1"], self.vmms["esx2"], service("san1-array"), self.san1)
        w.run(until=30)
        self.customers = {shop: Customer(w, shop, until_s=END_S) for shop in SHOPS}

    # -- accidents ---------------------------------------------------------------------------------------------------
    def crash(self):
        """The power supply of esx1."""
        self.world.crash("esx1")

    def delete(self):
        """Somebody types the wrong line, four times."""
        for shop in SHOPS:
            self.world.ask(f"customer-of-{shop}", shop, "rest", "DELETE /orders")

    def fire(self):
        """Room A, with all that is in it."""
        for node in ("esx1", "esx2", "esx1-bmc", "esx2-bmc", "vim", "san1-array"):
            self.world.crash(node)
        self.store1.lose()

    # -- a person comes ----------------------------------------------------------------------------------------------
    def after_crash(self):
        """What did not restart by itself is started by hand."""
        for shop in ("mirrored", "saved"):
            self.vim.restart(shop)

    def after_delete(self):
        """Only a backup has the orders: what is missing is read from it and written again. The other three have
        nothing to read from."""
        old = self.backup.read(0, MOST)
        for number in {number for number, byte in enumerate(old) if byte == ord("o")} - self.orders("saved"):
            self.san1.put("saved", number, "o")

    def after_fire(self):
        """The plan for the disaster: what lies in room B is started in room B."""
        self.mirror.fail_over(fenced=True)
        self.backup.restore(self.store2)
        for shop in ("mirrored", "saved"):
            vmm = self.vmms["esx3"]
            vmm.define(shop, serve=service("san2-array"), disk_gib=1)
            vmm.start(shop)

    # -- what became of it -------------------------------------------------------------------------------------------
    def orders(self, shop):
        """The orders that can be read at the end, None if no disk is left."""
        for array in (self.san1, self.san2):
            if array.node.state == "running" and shop in array.store.disks:
                data = array.store.disk(shop).read(0, MOST)
                return {number for number, byte in enumerate(data) if byte == ord("o")}
        return None


class Survival:
    """The table of one accident: rows (protection, service, memory, orders), and the figures behind them."""

    def __init__(self, accident, company):
        self.accident, self.company, self.figures = accident, company, {}
        for shop, protection in SHOPS.items():
            customer, kept = company.customers[shop], company.orders(shop)
            back_s = customer.outage_s(ACCIDENT_S)
            confirmed = {order for at_s, order, _ in customer.confirmed if at_s <= ACCIDENT_S}
            lost = len(confirmed) if kept is None else len(confirmed - kept)
            forgot = back_s is None or customer.forgot()
            self.figures[protection] = {"outage_s": back_s, "forgot": forgot, "lost": lost, "of": len(confirmed)}

    @property
    def rows(self):
        return [(protection, *self._words(**figures)) for protection, figures in self.figures.items()]

    def _words(self, outage_s, forgot, lost, of):
        service = (
            "never comes back" if outage_s is None else "goes on" if outage_s < 5 else f"away for {outage_s:.0f} s"
        )
        return service, "lost" if forgot else "kept", f"{lost} of {of} lost" if lost else "all there"

    def with_orders(self):
        """The protections that still have orders of before the accident, or have them again."""
        return [protection for protection, figures in self.figures.items() if figures["lost"] < figures["of"]]

    def __iter__(self):
        return iter(self.rows)

    def __repr__(self):
        widths = [max(map(len, column)) for column in zip(HEAD, *self.rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (HEAD, *self.rows)]
        return "\n".join([f"{self.accident}:", *lines])

    def _repr_html_(self):
        head = "".join(f'<th scope="col">{word}</th>' for word in HEAD)
        rows = "".join(
            f'<tr><th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
            + "</tr>" for row in self.rows
        )  # fmt: skip
        caption = f"<caption>After the {escape(self.accident)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def survive(accident, seed=8):
    """Let one accident (of ACCIDENTS) happen to the four, and see (Survival). LabError (404) for one that is none."""
    if accident not in ACCIDENTS:
        raise LabError(f"there is no accident {accident!r}", 404, True, f"one of {', '.join(ACCIDENTS)}")
    company = Company(seed)
    w = company.world
    w.run(until=BACKUP_S)
    company.backup.take()
    w.run(until=ACCIDENT_S)
    getattr(company, accident)()
    w.run(until=ACCIDENT_S + PERSON_S)
    getattr(company, f"after_{accident}")()
    w.run(until=END_S)
    return Survival(accident, company)
