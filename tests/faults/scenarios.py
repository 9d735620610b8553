"""The scenarios of the campaign: what clients ask for, under which bounds and faults."""

from dataclasses import dataclass, replace

from fibcore.counter import Operation

from tests.faults.cluster import Route
from tests.faults.faults import FaultRates
from tests.faults.nemesis import Harm

_KILLS_AND_CUTS = tuple(harm for harm in Harm if harm is not Harm.ENTRIES_REMOVED)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What clients ask for in a round, under which bounds and faults.

    Attributes:
        name: Says in a few words what the scenario is about.
        start: The index at the beginning.
        max_index: The highest index that `next` reaches.
        mixes: The operations that clients ask for, with weights; each mix holds for a while.
        clients: How many clients ask at once.
        rates: How often faults happen; None draws the rates.
        lambda_share: How often clients ask the Lambda backend, against 1 for each server. Its
            outcomes are unknown after the first lost answer, so many of them would explain
            almost any history.
        harms: What the nemesis does; it does nothing if this is empty.
        route: How the backends reach DynamoDB.
        crowded: Whether the item is full of other writers' entries.
        call_seconds: How long each call to DynamoDB takes at least; None for the usual time.
        least_counted: The share of steps, from 0 to 1, that have to be answered with an index.
    """

    name: str
    start: int
    max_index: int
    mixes: tuple[dict[Operation, int], ...]
    clients: int = 8
    rates: FaultRates | None = None
    lambda_share: float = 1
    harms: tuple[Harm, ...] = _KILLS_AND_CUTS
    route: Route = Route.DIRECT
    crowded: bool = False
    call_seconds: float | None = None
    least_counted: float = 0


_UP = {Operation.NEXT: 12, Operation.PREVIOUS: 3, Operation.CURRENT: 4}
_DOWN = {Operation.NEXT: 3, Operation.PREVIOUS: 12, Operation.CURRENT: 4}
_ANY = {Operation.NEXT: 6, Operation.PREVIOUS: 6, Operation.RESET: 1, Operation.CURRENT: 4}
_LOSSES = FaultRates(failed_late=0.25, failed_after=0.1, late=0.05, unanswered=0.05, late_seconds=1)

NEAR_BOUNDS = Scenario(
    name="near both bounds", start=20, max_index=40, mixes=(_UP, _DOWN, _ANY, _UP, _DOWN)
)
FAR = Scenario(name="far from the bounds", start=1_000, max_index=1_000_000, mixes=(_UP, _ANY))
SLOW = Scenario(
    name="a slow network",
    start=1_000,
    max_index=1_000_000,
    mixes=({Operation.NEXT: 4, Operation.PREVIOUS: 2, Operation.CURRENT: 12},),
    rates=FaultRates(slow_request=0.1, slow_answer=0.3, throttled=0.05),
    harms=(),
)
LOSSES = Scenario(
    name="almost half of all writes unanswered",
    start=1,
    max_index=3,
    mixes=(_UP, _DOWN) * 3,
    rates=_LOSSES,
    lambda_share=0.1,
    harms=(),
)
_ISOLATED = Scenario(
    name="",
    start=1_000,
    max_index=1_000_000,
    mixes=({Operation.NEXT: 10, Operation.PREVIOUS: 4, Operation.CURRENT: 3},),
    lambda_share=0.1,
    harms=(),
)
"""Far from both bounds and without a nemesis, a step that counts twice shows at once."""

ENTRIES_GO = replace(
    _ISOLATED, name="entries removed", rates=_LOSSES, harms=(Harm.ENTRIES_REMOVED,)
)
TWICE = replace(
    _ISOLATED,
    name="writes that arrive twice",
    rates=FaultRates(twice=0.05, twice_throttled=0.1, twice_forbidden=0.05, twice_cut=0.1),
)
FALSE_ANSWERS = replace(
    _ISOLATED,
    name="answers that are not DynamoDB's",
    rates=FaultRates(
        not_dynamodb_before=0.05,
        not_dynamodb_late=0.05,
        not_dynamodb_after=0.1,
        malformed=0.1,
        cut=0.1,
        late_seconds=1,
    ),
)
DRIPPING = replace(
    _ISOLATED, name="dripping answers", rates=FaultRates(dripping=0.02, drip_seconds=0.5)
)
SLOW_TABLE = replace(
    _ISOLATED, name="a slow table", rates=FaultRates(), call_seconds=0.9, least_counted=0.5
)
_PROXIED = FaultRates(
    reset=0.1, unanswered=0.03, cut=0.05, refused=0.03, slow_answer=0.1, not_dynamodb_before=0.03
)
FORWARD_PROXY = replace(
    _ISOLATED, name="a forward proxy", rates=_PROXIED, route=Route.FORWARD_PROXY
)
TUNNEL = replace(_ISOLATED, name="a forward proxy's tunnel", rates=_PROXIED, route=Route.TUNNEL)
ONLY_FORWARD = Scenario(
    name="only forward", start=0, max_index=1_000_000, mixes=({Operation.NEXT: 1},), clients=24
)
CROWDED = Scenario(
    name="no room for writers", start=20, max_index=40, mixes=(_UP, _DOWN, _ANY), crowded=True
)
SCENARIOS = (
    NEAR_BOUNDS,
    LOSSES,
    TWICE,
    FALSE_ANSWERS,
    FORWARD_PROXY,
    TUNNEL,
    SLOW,
    DRIPPING,
    SLOW_TABLE,
    FAR,
    ENTRIES_GO,
    ONLY_FORWARD,
    CROWDED,
)
