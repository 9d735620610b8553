"""What the clients of a simulation saw: rates, latencies, and whether it was counted right."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from fibcore.errors import CounterError, OutcomeUnknown


class Measurement:
    """Notes every answer.

    Attributes:
        cut: Steps whose process was killed before it answered them.
        failures: How many answers were of each kind of failure.
        seen: For each index, whether a step was answered with it.
        broken: What contradicts one counter.
    """

    def __init__(self) -> None:
        self.cut = 0
        self.failures: Counter[type] = Counter()
        self.seen = bytearray()
        self.broken: list[str] = []
        # For each second, how many steps had each latency in milliseconds.
        self._latencies: dict[int, Counter[int]] = defaultdict(Counter)

    def note(
        self,
        answered: float,
        asked: Sequence[float],
        outcomes: Sequence[int | CounterError | None],
    ) -> None:
        """Note the answers of one moment: when each was asked for, in seconds, and its outcome."""
        indexes = [outcome for outcome in outcomes if isinstance(outcome, int)]
        if len(indexes) < len(outcomes):
            pairs = list(zip(asked, outcomes, strict=True))
            self.failures.update(type(each) for _, each in pairs if not isinstance(each, int))
            asked = [time for time, outcome in pairs if isinstance(outcome, int)]
        latencies = [int((answered - time) * 1_000) for time in asked]
        self._latencies[int(answered)].update(latencies)
        seen = self.seen
        if indexes and max(indexes) >= len(seen):
            seen.extend(bytes(max(indexes) + 65_536 - len(seen)))
        for index in indexes:
            if seen[index]:
                self.broken.append(f"{index} was answered twice")
            seen[index] = 1

    def check(self, *, start: int, stored: int) -> None:
        """Raise AssertionError unless steps forward from `start` alone explain all answers."""
        answered = sum(self.seen)
        missing = stored - start - answered
        lost = self.failures[OutcomeUnknown] + self.cut
        assert not self.broken, self.broken[:5]
        assert not any(self.seen[: start + 1]), "an index below the first was answered"
        assert not any(self.seen[stored + 1 :]), "an index above the last was answered"
        assert 0 <= missing <= lost, f"{missing} indexes were answered to nobody, {lost} may be"

    def rate(self, seconds: Iterable[int]) -> float:
        """Return the steps answered in a second, on average over these seconds."""
        counted = [self._latencies[second].total() for second in seconds]
        return sum(counted) / len(counted)

    def percentile(self, share: float, seconds: Iterable[int]) -> float:
        """Return the latency in milliseconds that a share of the steps does not exceed."""
        together = sum((self._latencies[second] for second in seconds), Counter[int]())
        left = together.total() * share
        for latency, steps in sorted(together.items()):
            left -= steps
            if left <= 0:
                return latency + 1
        return 0


def fairness(shares: Iterable[float]) -> float:
    """Return Jain's index of these shares: 1 if all are equal, 1/n if one of n has all.

    Jain, Chiu, Hawe, "A Quantitative Measure of Fairness", DEC Research Report TR-301, 1984.
    """
    shares = list(shares)
    squares = sum(share**2 for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0
