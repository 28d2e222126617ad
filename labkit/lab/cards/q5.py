"""Card Q5: why Keystone is the nerve centre of OpenStack. Experiment Q5.pN confronts belief Q5.mN."""

from labkit.lab import cards
from labkit.lab.card import Card, Explanation, Look, Observation, Prediction
from labkit.lab.cards import q5_further
from labkit.lab.cards.q5_questions import FREE_TEXT, WHO_REFUSED

MISCONCEPTIONS = {
    "Q5.m1": (
        "Keystone decides what I may do. – It only says who you are and which roles you have; the service's own "
        "policy says yes or no."
    ),
    "Q5.m2": (
        "Keystone down means cloud down. – Running VMs never ask it, and services remember a verdict for five minutes."
    ),
    "Q5.m3": (
        "All traffic passes through Keystone. – It confirms tokens; images, pages and disks go straight between "
        "client and service."
    ),
    "Q5.m4": (
        "A token is a session in a database. – A Fernet token is stored nowhere; whoever has the key can read "
        "it, nobody else can."
    ),
    "Q5.m5": (
        "One token opens everything. – A token counts for one project (or domain, or system), with the roles you "
        "have there."
    ),
    "Q5.m6": (
        "Only people have accounts. – Services log in, too; without its own account a service can neither check "
        "you nor talk to others."
    ),
    "Q5.m7": (
        "Without Keystone each service could check passwords itself. – Then one password lies in six hands, and "
        "leaving takes six admins."
    ),
    "Q5.m8": (
        "What a request says about its sender is true. – Anybody can write headers; only what auth_token puts "
        "there counts."
    ),
    "Q5.m9": "Once valid, always valid. – A verdict is five minutes old at most; tokens run out and are revoked.",
    "Q5.m10": "No answer is an answer. – Silence is neither a yes (let in) nor a no (401); it is a 503.",
    "Q5.m11": (
        "A token is checked once, at the door. – Every service on the way asks for itself: boot steps 2, 8, 10 and 14."
    ),
}

ORDER = ("p0", "p1", "p8", "p9", "p2", "p2b", "p2c", "p3", "p4", "p10", "p11", "p5", "p6", "p12", "p7")

PREDICTIONS = (
    # Only Nova's policy changes (delete: role:admin); Anna, a member, deletes her second server with the same token.
    # a: 204, Keystone still says member · b: 403 · c: 401, the token no longer fits · d: 204 until she logs in again
    Prediction("Q5.p1", correct="b", beliefs={"a": "Q5.m1", "c": "Q5.m5", "d": "Q5.m1"}),
    # Keystone stopped a minute ago. What works?
    # a: nothing · b: the web shop and the script · c: only the web shop · d: all but a new login
    Prediction("Q5.p2", correct="b", beliefs={"a": "Q5.m2", "c": "Q5.m2", "d": "Q5.m9"}),
    # And at minute 6?
    # a: only the web shop · b: the script, too: its token is good for an hour · c: nothing · d: shop, script and boot
    Prediction("Q5.p2b", correct="a", beliefs={"b": "Q5.m9", "c": "Q5.m2", "d": "Q5.m9"}),
    # Anna uploads an image of 3 MB. How much of it passes Keystone?
    # a: all of it · b: a part, for checking · c: nothing
    Prediction("Q5.p3", correct="c", beliefs={"a": "Q5.m3", "b": "Q5.m3"}),
    # Two Keystone nodes, one database, different Fernet keys; ten requests with one token.
    # a: all 200, the token is in the database · b: every second one is 401 · c: all 401
    Prediction("Q5.p4", correct="b", beliefs={"a": "Q5.m4", "c": "Q5.m4"}),
    # Carla (project lab) asks for Anna's server (project shop) with a valid token.
    # a: 200 · b: Keystone refuses · c: 404 from Nova
    Prediction("Q5.p5", correct="c", beliefs={"a": "Q5.m5", "b": "Q5.m1"}),
    # While Anna's server is being built, neutron's account is disabled.
    # a: ACTIVE as always · b: Anna gets 401 · c: BUILD for 5 min, then ERROR
    Prediction("Q5.p6", correct="c", beliefs={"a": "Q5.m6", "b": "Q5.m6"}),
    # Six services with passwords of their own; Zoe leaves, six administrators are told. Accounts left after a day?
    # a: none · b: six · c: some: not every letter is read in time
    Prediction("Q5.p7", correct="c", beliefs={"a": "Q5.m7"}),
)

OBSERVATIONS = (
    Observation(
        "Q5.p1",
        {  # subject: the two Answers to DELETE, before and after the change of Nova's policy
            "before": Look(
                lambda answers: answers[0].status, lambda answers: f"The first DELETE was answered {answers[0].status}."
            ),
            "after": Look(
                lambda answers: answers[1].status,
                lambda answers: f"The second DELETE was answered {answers[1].status}.",
            ),
        },
    ),
    Observation(
        "Q5.p2",
        {  # subject: the Timeline
            f"minute_{minute}": Look(
                lambda timeline, minute=minute: sum(timeline.worked(minute).values()),
                lambda timeline, minute=minute: (
                    "In that column these worked: "
                    + (", ".join(name for name, worked in timeline.worked(minute).items() if worked) or "none")
                    + "."
                ),
            )
            for minute in (1, 6, 70)
        },
    ),
    Observation(
        "Q5.p3",
        {  # subject: the Meters of glance-api and keystone
            "glance_kib": Look(lambda meters: meters[0].bytes // 1024, lambda meters: str(meters[0]), tolerance=2),
            "keystone_kib": Look(lambda meters: meters[1].bytes // 1024, lambda meters: str(meters[1]), tolerance=2),
        },
    ),
    Observation(
        "Q5.p4",
        {  # subject: the list of Answers, one per request
            "refused": Look(
                lambda answers: sum(answer.status == 401 for answer in answers),
                lambda answers: "The answers were " + ", ".join(str(answer.status) for answer in answers) + ".",
            )
        },
    ),
    Observation(
        "Q5.p5",
        {  # subject: the Answers to Anna's token at the other project's server, and to an unscoped token
            "other_project": Look(
                lambda answers: answers[0].status, lambda answers: "Nova's message: " + words(answers[0])
            ),
            "unscoped": Look(lambda answers: answers[1].status, lambda answers: "Nova's message: " + words(answers[1])),
        },
    ),
    Observation(
        "Q5.p6",
        {  # subject: the cloud
            "waited_s": Look(
                lambda cloud: waited(cloud),
                lambda cloud: f"From the first BUILD to ERROR it took {waited(cloud):.0f} s.",
                tolerance=15,
            )
        },
    ),
    Observation(
        "Q5.p7",
        {  # subject: the PasswordStores, after Zoe has left
            "still_open": Look(
                lambda stores: sum("zoe" in accounts for accounts in stores.accounts.values()),
                lambda stores: (
                    "Her account is still there in: "
                    + ", ".join(name for name, accounts in stores.accounts.items() if "zoe" in accounts)
                    + "."
                ),
            ),
            "places": Look(
                lambda stores: len(stores.places()),
                lambda stores: "Her password was seen by " + ", ".join(stores.places()) + ".",
            ),
        },
    ),
)

EXPLANATIONS = (
    Explanation(
        "Q5.p1",
        "The same token, the same Keystone: what changed the answer?",
        "Nova's own policy decides, with the roles that Keystone confirmed.",
        (
            "Keystone's part of the trace is the same in both cases",
            "403 comes from the service: it knows you and says no",
        ),
    ),
    Explanation(
        "Q5.p2",
        "Which configuration value explains the change between minute 1 and minute 6?",
        "token_cache_time, 300 s: until then each service uses the verdict it has, after that it must ask Keystone.",
        (
            "running VMs are data plane: nobody asks Keystone for them",
            "a boot needs services that have not seen this token: glance, neutron, cinder",
            "503, not 401: nobody said that the token is bad",
        ),
    ),
    Explanation(
        "Q5.p3",
        "What does Keystone see of an upload?",
        "Only the question whether the token is valid; the bytes go from the client to glance.",
        ("one validation per token, service and 300 s",),
    ),
    Explanation(
        "Q5.p4",
        "Why every second request?",
        "The token is stored nowhere; only a node with the same Fernet key can open it.",
        ("the balancer takes turns", "rotation must reach all nodes before the new key is used"),
    ),
    Explanation(
        "Q5.p5",
        "Why 404 for one and 403 for the other?",
        "The token is scoped to one project: another project's server does not exist for it, and without "
        "scope there is no role.",
        ("404 hides that the server exists", "401 would mean: I do not know who you are"),
    ),
    Explanation(
        "Q5.p6",
        "Who was not allowed to say what to whom?",
        "neutron could not tell nova 'network-vif-plugged', because that message needs neutron's own token.",
        ("the user's token was fine", "vif_plugging_timeout, 300 s, then ERROR"),
    ),
    Explanation(
        "Q5.p7",
        "What does one place for identities save?",
        "One account to close and one place that sees the password, instead of six of each.",
        ("the others see tokens, which run out", "the price: the one place must not fail"),
    ),
)


def words(answer):
    """The sentence in the body of a refusal."""
    for value in (answer.body or {}).values():
        if isinstance(value, dict) and "message" in value:
            return value["message"]
    return str(answer.status)


def waited(cloud):
    """Seconds from the first BUILD of the last server that failed to its ERROR; 0 if none failed."""
    failed = list(cloud.world.trace.where(kind="state", src="nova-api", what=lambda what: what.endswith(" ERROR")))
    if not failed:
        return 0.0
    server = failed[-1].detail["server"]
    return failed[-1].t - cloud.world.trace.where(kind="state", src="nova-api", server=server)[0].t


def in_turn(parts):
    """Predictions or explanations in the order in which the notebook asks them."""
    return tuple(sorted(parts, key=lambda part: ORDER.index(part.id.partition(".")[2])))


CARD = cards.register(
    Card(
        id="Q5",
        title="Keystone, the nerve centre",
        notebook="05_keystone",
        misconceptions=MISCONCEPTIONS,
        predictions=in_turn(PREDICTIONS + q5_further.PREDICTIONS),
        observations=OBSERVATIONS + q5_further.OBSERVATIONS,
        explanations=in_turn(EXPLANATIONS + q5_further.EXPLANATIONS),
        questions=(WHO_REFUSED, *q5_further.RECALL),
        freetexts=(FREE_TEXT,),
    )
)
