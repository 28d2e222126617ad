"""A pool at work: who asks, whom the balancer believes in, who really runs, and how long the queues are.

    clients 120/s ──▶ balancer ──▶ web1  ▓▓▓▓░░ 62 % busy   ··· 3 waiting      in rotation
                               ╳   web2  dead                                  in rotation: nobody has told it yet
    served ▇▇▇▇▇▇▅▅▅▅▇▇▇   lost ▁▁▁▁▃▃▃▃▁▁▁

What the balancer believes and what is true stand side by side, for they differ after every accident.
"""

from labkit.failover import Clients, Metrics, Pool, State
from labkit.failover.policies import POLICIES
from labkit.views import card
from labkit.views.frame import Frame, button, choice, number
from labkit.views.pool_picture import picture
from labkit.world import World
from labkit.world.errors import LabError

STATES = {"none": "no state", "local": "carts in each node", "shared": "carts in a shared store",
          "replicated": "carts copied to all"}  # fmt: skip
SPAN_S = 60


class LivePool(Frame):
    """Let time pass, kill, slow and heal backends, and change policy and load. Arrow right: five seconds on.

    backends   how many; each does 1/service_s requests/s
    rate       requests/s, Poisson; policy: a name of labkit.failover.policies
    speeds     one number per backend (0.25: four times slower), or None
    state      'none' | 'local' | 'shared' | 'replicated': carts of 100 sessions (then sessions are sticky)
    """

    keys = ("ArrowRight",)

    def __init__(self, backends=3, rate=60, policy="round robin", service_s=0.02, speeds=None, state="none", seed=7):
        if not isinstance(state, str) or state not in STATES:
            raise LabError(f"state can be {', '.join(STATES)}, not {state!r}", code=400)
        self.begin = {"backends": backends, "rate": rate, "policy": policy, "service_s": service_s, "speeds": speeds,
                      "state": state, "seed": seed}  # fmt: skip
        self.build()

    def build(self):
        """A new world with everybody well."""
        chosen = self.begin
        self.world = World(chosen["seed"])
        self.state = None if chosen["state"] == "none" else State(self.world, chosen["state"])
        self.pool = Pool(self.world, chosen["backends"], chosen["policy"], service_s=chosen["service_s"], timeout_s=2.0,
                         speeds=chosen["speeds"], app=self.state, sticky=self.state is not None)  # fmt: skip
        self.crowds, self.policy, self.chosen = [], chosen["policy"], next(iter(self.pool.backends))
        self.send(chosen["rate"])

    def send(self, rate):
        """From now on so many requests per second."""
        if self.crowds:
            self.crowds[-1].end()
        self.rate = rate
        if rate:
            more = {"write_share": 0.5, "sessions": 100} if self.state else {}
            name = f"clients{len(self.crowds) + 1}"
            self.crowds.append(Clients(self.world, self.pool.address, rate, name=name, patience_s=5.0, **more))

    # -- what is shown ---------------------------------------------------------------------------------------------
    @property
    def metrics(self):
        """What the clients of the last minute saw; None before anything has happened."""
        now = self.world.now
        return Metrics(self.crowds, max(0.0, now - SPAN_S), now) if self.crowds and now > 0 else None

    def rows(self):
        """One row per backend: name, truth, what the balancer believes, busy in the last 10 s, waiting, open there."""
        now, balancer, told = self.world.now, self.pool.balancer, []
        busy = self.pool.utilisation(max(0.0, now - 10), now)
        for name, backend in self.pool.backends.items():
            truth = {"running": "runs", "stopped": "stopped", "crashed": "dead"}[backend.node.state]
            if truth == "runs" and backend.speed < 1:
                truth = f"runs, {1 / backend.speed:.3g} times slower"
            believed = "in rotation" if name in balancer.rotation else "out of rotation"
            told.append((name, truth, believed, busy[name], backend.waiting, balancer.seen[name].open))
        return told

    def html(self):
        seen, balancer_runs = self.metrics, self.pool.balancer.node.state == "running"
        curve = seen.curve(1.0) if seen and self.world.now >= 1 else []
        drawn = picture(self.rows(), self.rate, self.policy, balancer_runs, curve)
        cells = [
            (name, truth, belief if balancer_runs else "nobody decides", f"{busy:.0%}", f"{waiting}", f"{open_now}")
            for name, truth, belief, busy, waiting, open_now in self.rows()
        ]
        columns = ("backend", "in truth", "the balancer believes", "busy, last 10 s", "waiting", "open")
        table = card.table("The backends now", columns, cells)
        said = card.Html(f"<p>{card.text(self.verdict())}</p>")
        note = "Checks every 5 s, three failures out, two successes in (HAProxy: inter, fall, rise)."
        return card.panel(f"Pool at second {self.world.now:g}", said, drawn, table, note=note)

    def verdict(self):
        """The last minute in a sentence."""
        seen = self.metrics
        if seen is None or not seen.asked:
            return "Nothing has been asked yet: let time pass."
        p95 = "no answers" if seen.p95_s is None else f"p95 {1000 * seen.p95_s:.0f} ms"
        carts = f", {len(self.state.carts)} carts there" if self.state else ""
        return f"In the last minute {seen.asked} asked, {seen.served} served, {seen.lost} lost, {p95}{carts}."

    def text(self):
        lines = [f"Pool at second {self.world.now:g}: {self.rate:g} requests/s, {self.policy}", self.verdict()]
        lines += [f"{name}: {truth}, {believed}, {busy:.0%} busy, {waiting} waiting, {open_now} open"
                  for name, truth, believed, busy, waiting, open_now in self.rows()]  # fmt: skip
        return "\n".join(lines)

    # -- controls --------------------------------------------------------------------------------------------------
    def controls(self):
        names = [*self.pool.backends, self.pool.address]
        return [
            [button("▶ 5 s", lambda: self.go(5), hint="Let five seconds pass (right arrow)"),
             button("▶▶ 30 s", lambda: self.go(30), hint="Let half a minute pass"),
             number("Requests per second", 0, 400, int(self.rate), self.ask, step=10),
             choice("Policy", list(POLICIES), self.use, value=self.policy)],
            [choice("Node", names, self.point, value=self.chosen),
             button("Kill", lambda: self.happen("crash"), hint="The machine is gone: no answer at all"),
             button("Stop", lambda: self.happen("stop"), hint="The process ends: connections are refused"),
             button("Slow", lambda: self.happen("slow"), hint="Four times slower; its checks stay green"),
             button("Heal", lambda: self.happen("heal"), hint="Runs again, at full speed"),
             button("Begin again", self.again)],
        ]  # fmt: skip

    def heard(self, key):
        self.go(5)

    def go(self, seconds):
        """Let time pass."""
        self.act(lambda: self.world.run(until=self.world.now + seconds) or self.verdict())

    def ask(self, rate):
        """Another load."""
        self.act(lambda: self.send(rate), f"{rate} requests per second from now on")

    def use(self, policy):
        """Another policy."""
        self.policy = policy
        self.act(lambda: self.pool.balancer.use(policy), f"The balancer uses {policy} from now on")

    def point(self, name):
        """The node that the buttons act on."""
        self.chosen = name

    def happen(self, what):
        """Something happens to the chosen node."""
        self.act(lambda: self._happen(what, self.chosen))

    def _happen(self, what, name):
        backend = self.pool.backends.get(name)
        if what in ("crash", "stop"):
            getattr(self.world, what)(name)
            return f"{name}: {'gone, and nobody is told' if what == 'crash' else 'its process has ended'}"
        if what == "slow":
            if backend is None:
                raise LabError("the balancer cannot be slowed here", next_step="choose a backend")
            backend.slow(4)
            return f"{name} is four times slower; its health check stays green"
        self.world.start(name)
        if backend is not None:
            backend.slow(1)
        return f"{name} runs at full speed; the balancer believes it after two good checks"

    def again(self):
        """Everything from the beginning."""
        self.act(self.build, "A new pool, everybody well")
