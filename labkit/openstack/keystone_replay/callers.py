"""Who may have asked: of a caller a recording shows only how long the token was.

183 characters  one project or domain     162  none, or the system     204  made from another token, or by an
application credential
"""

import json
from itertools import islice, product

from labkit.openstack.keystone_replay import gaps, recording
from labkit.openstack.keystone_replay.cast import LOGINS

MOST_TOKENS = 12  # candidates for one token
DELEGATED = 204  # as long, or longer, are tokens that come from something else than a password


class Callers:
    """The tokens that the cast holds, as candidates for an exchange. last: the label of whoever asked last; refused:
    labels that cannot log in."""

    def __init__(self, stage):
        self.stage, self.last, self.refused = stage, None, set()

    def call_in(self):
        """Find out who cannot log in at all now."""
        self.refused = {label for label in LOGINS if self.stage.holder(label) is None}

    def call_again(self, step):
        """After a step, those whom it concerns log in if they could not before."""
        concerned = {label for label in self.refused if LOGINS[label][0] in step.text}
        self.refused -= {label for label in concerned if self.stage.holder(label) is not None}

    def candidates(self, exchange):
        """(X-Auth-Token, X-Subject-Token, token in the body) to try: tokens of the recorded lengths, or the texts
        that were sent."""
        inner = recording.TOKEN.search(json.dumps(exchange.body))
        for label in LOGINS:
            if label not in self.refused:
                self.stage.holder(label)
        wanted = (
            self.fitting(exchange.caller_length(), (exchange.status != 401, exchange.status == 401)),
            self.fitting(exchange.caller_length("X-Subject-Token"), subject_is_good(exchange)),
            self.fitting(int(inner[1]) if inner else None, (True, True)),
        )
        return islice(product(*wanted), MOST_TOKENS**2)

    def fitting(self, wanted, good_or_bad):
        """Tokens of a length (or the text that was sent), the good ones or the bad ones or both; of those who could
        do the same, the newest is enough."""
        if not isinstance(wanted, int):
            return [wanted]
        found, good, both = [], set(), good_or_bad == (True, True)
        for token in self.holders(wanted):
            is_good = both or self.stage.is_good(token)
            if good_or_bad[0 if is_good else 1] and (both or not is_good or token.label not in good):
                found.append(token)
            good |= {token.label} if is_good else set()
        return found or (self.holders(wanted) if good_or_bad == (False, True) else [])

    def holders(self, wanted):
        found = [token for token in self.stage.tokens if len(token) == wanted]
        if wanted >= DELEGATED or not any(self.stage.is_good(token) for token in found):
            self.derive(wanted)
            found = [token for token in self.stage.tokens if len(token) == wanted]
        newest = {token.label: token for token in found}
        order = [*newest.values(), *(token for token in found if token not in newest.values())]
        return sorted(order, key=lambda token: token.label != self.last)[:MOST_TOKENS]

    def derive(self, wanted):
        """Tokens that come from other tokens, trusts and application credentials."""
        found = [token for token in self.stage.tokens if len(token) == wanted and self.stage.is_good(token)]
        for name in [name for name in self.stage.members if gaps.kind_of(name) == "application_credential"]:
            if not any(token.label.endswith(f" by {name}") for token in found):
                gaps.use(self.stage, name)
        if found:
            return
        for name in [name for name in self.stage.members if gaps.kind_of(name) == "trust"]:
            gaps.use(self.stage, name)
            gaps.use(self.stage, name, by_token=True)
        parent = self.stage.holder("rec-alice")
        if parent is not None:
            self.stage.token(
                "rec-alice@rec-alpha again",
                {"methods": ["token"], "token": {"id": parent.text}},
                LOGINS["rec-alice@rec-alpha"][1],
            )


def subject_is_good(exchange):
    """(may the token that is asked about be good, may it be bad?), as the recorded answer tells."""
    if "allow_expired" in exchange.path or exchange.status not in (200, 204, 404):
        return True, True
    return exchange.status != 404, exchange.status == 404
