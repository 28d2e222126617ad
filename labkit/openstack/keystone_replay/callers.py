"""Who may have asked: of a caller a recording shows only how long the token was.

183 characters  one project or domain     162  none, or the system     204  made from another token, or by an
application credential
"""

import json
from itertools import islice, product

from labkit.openstack.keystone_replay import gaps, recording
from labkit.openstack.keystone_replay.cast import LOGINS

MOST_TOKENS = 12  # candidates for one token


class Callers:
    """The tokens that the cast holds, as candidates for an exchange. last: the label of whoever asked last; refused:
    labels that cannot log in."""

    def __init__(self, stage):
        self.stage, self.last, self.refused = stage, None, set()

    def call_in(self):
        """Find out who cannot log in at all now."""
        self.refused = {label for label in LOGINS if self.stage.holder(label) is None}

    def candidates(self, exchange):
        """(X-Auth-Token, X-Subject-Token, token in the body) to try: tokens of the recorded lengths, or the texts
        that were sent."""
        inner = recording.TOKEN.search(json.dumps(exchange.body))
        wanted = (exchange.caller_length(), exchange.caller_length("X-Subject-Token"), int(inner[1]) if inner else None)
        for label in LOGINS:
            if label not in self.refused:
                self.stage.holder(label)
        return islice(product(*(self.holders(each) for each in wanted)), MOST_TOKENS**2)

    def holders(self, wanted):
        if not isinstance(wanted, int):
            return [wanted]
        found = [token for token in self.stage.tokens if len(token) == wanted]
        if not any(self.stage.is_good(token) for token in found):
            self.derive(wanted)
            found = [token for token in self.stage.tokens if len(token) == wanted]
        newest = {token.label: token for token in found}
        order = [*newest.values(), *(token for token in found if token not in newest.values())]
        return sorted(order, key=lambda token: token.label != self.last)[:MOST_TOKENS]

    def derive(self, wanted):
        """Tokens that come from other tokens, trusts and application credentials."""
        for name in [name for name in self.stage.members if gaps.kind_of(name) in ("trust", "application_credential")]:
            gaps.use(self.stage, name)
            if gaps.kind_of(name) == "trust":
                gaps.use(self.stage, name, by_token=True)
        parent = self.stage.holder("rec-alice")
        if parent is not None:
            self.stage.token(
                "rec-alice@rec-alpha again",
                {"methods": ["token"], "token": {"id": parent.text}},
                LOGINS["rec-alice@rec-alpha"][1],
            )
