"""What came of playing one recording."""

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """facts: how many were compared; equal: how many were equal; differences: one line each; assumed: steps put into
    gaps."""

    facts: int = 0
    equal: int = 0
    differences: list = field(default_factory=list)
    assumed: list = field(default_factory=list)

    def note(self, difference=None):
        """Count one fact: equal without a difference, else a line (what, when – recorded …, ours …)."""
        self.facts += 1
        if difference is None:
            self.equal += 1
        else:
            self.differences.append(difference)
