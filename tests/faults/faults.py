"""What can befall a request to DynamoDB, and how often: a plan by a seed."""

from dataclasses import dataclass
from enum import Enum
from random import Random


class Fault(Enum):
    """What befalls one request."""

    REFUSED = "the connection is closed before the request is read"
    LOST = "the request is dropped, and nothing answers"
    LATE = "the request arrives seconds later, when its sender has given up"
    UNANSWERED = "the answer is dropped, and nothing comes in its place"
    CUT = "the connection breaks half-way through the answer"
    SLOW_REQUEST = "the request arrives late, within its sender's patience"
    SLOW_ANSWER = "the answer arrives late, within its sender's patience"
    FAILED_BEFORE = "500, and the request never arrived"
    FAILED_LATE = "500, and the request arrives later"
    FAILED_AFTER = "500, though the request was served"
    THROTTLED = "the request is throttled"


@dataclass(frozen=True, kw_only=True)
class FaultRates:
    """How often each fault happens, from 0 to 1 of all requests, by the fault's name.

    Attributes:
        late_seconds: The most that a late request takes.
        slow_seconds: The most that a slow request or answer takes.
    """

    refused: float = 0
    lost: float = 0
    late: float = 0
    unanswered: float = 0
    cut: float = 0
    slow_request: float = 0
    slow_answer: float = 0
    failed_before: float = 0
    failed_late: float = 0
    failed_after: float = 0
    throttled: float = 0
    late_seconds: float = 3
    slow_seconds: float = 0.3

    @classmethod
    def drawn(cls, random: Random, *, most: float = 0.08) -> "FaultRates":
        """Return about half of all faults, each in up to `most` of the requests."""
        names = [fault.name.lower() for fault in Fault]
        return cls(**{name: random.uniform(0, most) for name in names if random.random() < 0.5})


class FaultPlan:
    """Draws the fate of each request.

    Args:
        rates: How often each fault happens.
        seed: The same seed draws the same fates in the same order.
    """

    def __init__(self, rates: FaultRates, seed: int) -> None:
        self.rates = rates
        self._random = Random(seed)
        self._by_fault = {fault: getattr(rates, fault.name.lower()) for fault in Fault}

    def draw(self) -> Fault | None:
        """Return what befalls the next request, or None."""
        left = self._random.random()
        for fault, rate in self._by_fault.items():
            left -= rate
            if left < 0:
                return fault
        return None

    def seconds(self, most: float) -> float:
        """Return how long something takes."""
        return self._random.uniform(0, most)
