"""Card Q5, the question for the class in variants of the same build, and the free text with its rubric and two graded
examples."""

from labkit.lab.card import Example, FreeText, KeyPoint, Question, turned

CASES = (
    ("DELETE /servers/42", "Nova"),
    ("PUT /v2/images/7/file", "Glance"),
    ("POST /v2.0/ports", "Neutron"),
    ("POST /v3/…/volumes", "Cinder"),
)


def who_refused(seed):
    """The question for one seed: another service, the options in another order."""
    request, service = CASES[seed % len(CASES)]
    options = [
        ("Keystone, because it knows the roles", "Q5.m1"),
        (f"{service}, by its own policy, with the roles that Keystone confirmed", None),
        ("the message queue, because the sender had no right to it", "Q5.m6"),
        ("nobody: the token has run out", "Q5.m9"),
    ]
    keyed, correct = turned(-(seed // len(CASES)), options)
    return Question(
        "Q5.c1",
        f"{request} answers 403. Who refused?",
        keyed,
        correct,
        why=f"403 means: I know who you are, and you may not. {service} says that, by its own policy. "
        "Keystone only confirmed the token; a token that has run out is a 401.",
        variant=who_refused,
    )


WHO_REFUSED = who_refused(0)

FREE_TEXT = FreeText(
    "Q5.f1",
    "Explain why Keystone is central ('neuralgic') to OpenStack. What does it give to users and to services, "
    "what does it not do, "
    "and what happens when it fails?",
    rubric=(
        KeyPoint("R1", 2, "Central identity and tokens: you log in once, and every service accepts the token."),
        KeyPoint("R2", 1, "The service catalog: clients learn from it where the services are."),
        KeyPoint(
            "R3",
            2,
            "Every service has the token validated with each request, also between services (for example "
            "boot steps 2, 8, 10, 14).",
            ("Q5.m6", "S5.m2"),
        ),
        KeyPoint(
            "R4",
            2,
            "Roles on projects separate tenants; the services enforce them by their own policies.",
            ("Q5.m1", "Q5.m5"),
        ),
        KeyPoint(
            "R5",
            2,
            "When it fails: no new tokens, validation fails after the cache (5 min), the APIs answer 503; "
            "running VMs go on.",
            ("Q5.m2", "Q5.m3"),
        ),
        KeyPoint(
            "R6",
            1,
            "So it must be highly available and well guarded: several nodes, the same keys, bearer tokens.",
            ("Q5.m4",),
        ),
    ),
    good=Example(
        "Whoever wants something from OpenStack needs a token, and tokens come from Keystone only. I log in "
        "once, for one project, and get the "
        "token together with the catalog, in which my client finds the addresses of Nova, Glance and the "
        "others. I never show my password to "
        "them. Each service asks Keystone whether the token is good and whose it is, and then decides by its "
        "own policy what my role in this "
        "project allows. For a new server this happens at four doors – Nova, Glance, Neutron, Cinder – and "
        "the services also have accounts of "
        "their own, with which they talk to each other. If Keystone stops, nobody can log in. Verdicts that "
        "a service still remembers count for "
        "at most five minutes, then its API answers 503. The VMs do not care and keep serving. So one runs "
        "several Keystone nodes with the same "
        "Fernet keys, and guards them well: who has the keys can be anybody.",
        {"R1": 2, "R2": 1, "R3": 2, "R4": 2, "R5": 2, "R6": 1},
    ),
    flawed=Example(
        "Keystone checks the password when somebody logs in, and after that it decides which servers he may "
        "create or delete. Because it keeps "
        "the list of all services, every request and all data run over it. When it breaks down, the "
        "connection of the VMs is gone too and they "
        "stop. Customers are kept apart by projects. A second Keystone is therefore a must.",
        {"R1": 1, "R2": 1, "R3": 0, "R4": 1, "R5": 0, "R6": 1},
        ("Q5.m1", "Q5.m2", "Q5.m3"),
    ),
)
