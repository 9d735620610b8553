"""What the clients of a simulation saw: rates, latencies, and whether it was counted right."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from fibcore.errors import CounterError, OutcomeUnknown

_LONGEST_MS = 10_000


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
        self._latencies: dict[int, list[int]] = defaultdict(lambda: [0] * (_LONGEST_MS + 1))

    def note(
        self, answered: float, outcomes: Iterable[tuple[float, int | CounterError | None]]
    ) -> None:
        """Note the answers of one moment: when each was asked for, in seconds, and its outcome."""
        latencies, seen = self._latencies[int(answered)], self.seen
        for asked, outcome in outcomes:
            if not isinstance(outcome, int):
                self.failures[type(outcome)] += 1
                continue
            latencies[min(int((answered - asked) * 1_000), _LONGEST_MS)] += 1
            if outcome >= len(seen):
                seen.extend(bytes(outcome + 65_536 - len(seen)))
            if seen[outcome]:
                self.broken.append(f"{outcome} was answered twice")
            seen[outcome] = 1

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
        counted = [sum(self._latencies[second]) for second in seconds]
        return sum(counted) / len(counted)

    def percentile(self, share: float, seconds: Iterable[int]) -> float:
        """Return the latency in milliseconds that a share of the steps does not exceed."""
        together = [sum(each) for each in zip(*(self._latencies[s] for s in seconds), strict=True)]
        left = sum(together) * share
        for latency, steps in enumerate(together):
            left -= steps
            if left <= 0:
                return latency + 1
        return float(_LONGEST_MS)


def fairness(shares: Iterable[float]) -> float:
    """Return Jain's index of these shares: 1 if all are equal, 1/n if one of n has all.

    Jain, Chiu, Hawe, "A Quantitative Measure of Fairness", DEC Research Report TR-301, 1984.
    """
    shares = list(shares)
    squares = sum(share**2 for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0
