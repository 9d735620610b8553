"""The faults that can befall a request to DynamoDB, and how often each happens, drawn by a seed."""

from dataclasses import dataclass
from enum import Enum
from random import Random


class Arrival(Enum):
    """Whether and when a request reaches DynamoDB."""

    ONCE = "at once"
    NEVER = "never"
    SLOWLY = "within its sender's patience"
    LATE = "when its sender has given up"
    TWICE = "two times, one after the other"


class Reply(Enum):
    """What the sender gets for an answer."""

    TRUE = "what DynamoDB answered; of two answers the second"
    SLOW = "the same, within the sender's patience"
    DRIPPING = "the same, byte by byte with long waits"
    CUT = "the same up to some byte, then the connection ends"
    NOTHING = "no answer, and the connection stays open"
    RESET = "no answer, and the connection is reset"
    THROTTLED = "DynamoDB's answer to a throttled request"
    FORBIDDEN = "DynamoDB's answer to credentials that have expired or allow too little"
    FAILED = "DynamoDB's 500"
    NOT_DYNAMODB = "a 4xx or 5xx of something between, in HTML or with another body"
    MALFORMED = "200 with a body that no answer of DynamoDB has"


class Fault(Enum):
    """What befalls one request: how it arrives, and what is answered."""

    REFUSED = Arrival.NEVER, Reply.RESET
    LOST = Arrival.NEVER, Reply.NOTHING
    LATE = Arrival.LATE, Reply.NOTHING
    UNANSWERED = Arrival.ONCE, Reply.NOTHING
    RESET = Arrival.ONCE, Reply.RESET
    CUT = Arrival.ONCE, Reply.CUT
    DRIPPING = Arrival.ONCE, Reply.DRIPPING
    SLOW_REQUEST = Arrival.SLOWLY, Reply.TRUE
    SLOW_ANSWER = Arrival.ONCE, Reply.SLOW
    FAILED_BEFORE = Arrival.NEVER, Reply.FAILED
    FAILED_LATE = Arrival.LATE, Reply.FAILED
    FAILED_AFTER = Arrival.ONCE, Reply.FAILED
    THROTTLED = Arrival.NEVER, Reply.THROTTLED
    NOT_DYNAMODB_BEFORE = Arrival.NEVER, Reply.NOT_DYNAMODB
    NOT_DYNAMODB_LATE = Arrival.LATE, Reply.NOT_DYNAMODB
    NOT_DYNAMODB_AFTER = Arrival.ONCE, Reply.NOT_DYNAMODB
    MALFORMED = Arrival.ONCE, Reply.MALFORMED
    TWICE = Arrival.TWICE, Reply.TRUE
    TWICE_THROTTLED = Arrival.TWICE, Reply.THROTTLED
    TWICE_FORBIDDEN = Arrival.TWICE, Reply.FORBIDDEN
    TWICE_CUT = Arrival.TWICE, Reply.CUT

    @property
    def arrival(self) -> Arrival:
        """How the request arrives."""
        return self.value[0]

    @property
    def reply(self) -> Reply:
        """What is answered."""
        return self.value[1]


@dataclass(frozen=True, kw_only=True)
class FaultRates:
    """How often each fault happens, from 0 to 1 of all requests, by the fault's name.

    Attributes:
        late_seconds: The longest delay of a late request.
        slow_seconds: The longest delay of a slow request or answer.
        drip_seconds: The longest wait between two bytes of a dripping answer.
    """

    refused: float = 0
    lost: float = 0
    late: float = 0
    unanswered: float = 0
    reset: float = 0
    cut: float = 0
    dripping: float = 0
    slow_request: float = 0
    slow_answer: float = 0
    failed_before: float = 0
    failed_late: float = 0
    failed_after: float = 0
    throttled: float = 0
    not_dynamodb_before: float = 0
    not_dynamodb_late: float = 0
    not_dynamodb_after: float = 0
    malformed: float = 0
    twice: float = 0
    twice_throttled: float = 0
    twice_forbidden: float = 0
    twice_cut: float = 0
    late_seconds: float = 3
    slow_seconds: float = 0.3
    drip_seconds: float = 1.5

    @classmethod
    def drawn(cls, random: Random, *, most: float = 0.08) -> "FaultRates":
        """Return about a third of all faults, each in up to `most` of the requests."""
        names = [fault.name.lower() for fault in Fault]
        return cls(**{name: random.uniform(0, most) for name in names if random.random() < 0.33})


class FaultPlan:
    """Draws the fate of each request.

    Args:
        rates: How often each fault happens.
        seed: The same seed draws the same fates in the same order.

    Attributes:
        random: Draws whatever else a fault needs.
    """

    def __init__(self, rates: FaultRates, seed: int) -> None:
        self.rates = rates
        self.random = Random(seed)
        self._by_fault = {fault: getattr(rates, fault.name.lower()) for fault in Fault}

    def draw(self) -> Fault | None:
        """Return what befalls the next request, or None."""
        left = self.random.random()
        for fault, rate in self._by_fault.items():
            left -= rate
            if left < 0:
                return fault
        return None
