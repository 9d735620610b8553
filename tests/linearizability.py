"""Whether a history of steps is one that a single counter could have given.

The search of Wing and Gong, "Testing and Verifying Concurrent Objects" (1993), remembering the
states already tried, as Lowe, "Testing for Linearizability" (2017), proposes. What makes it fast
for a counter: an operation that moves nothing is taken as soon as it fits, and of those that do
the same, the one that must come first stands for all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from fibcore.counter import Operation
from fibcore.errors import BeforeStart, CounterError, OutcomeUnknown, PastEnd, Unavailable

MOST_STATES = 3_000_000
"""Past this the search gives up; a history of some thousand operations needs some thousands."""


@dataclass(frozen=True)
class Call:
    """One request: what was asked, what was answered, and when, by any clock that only grows."""

    operation: Operation
    invoked: float
    answered: float
    outcome: int | CounterError


class Undecided(Exception):
    """The search took too many states."""


class _State(NamedTuple):
    """Which operations have been put in order: all of the first `low`, and by bits some after.

    Of those of unknown outcome, which do no more than their kind says, their numbers.
    """

    low: int
    done: int
    counter: int
    forward: int
    back: int
    resets: int


def is_linearizable(history: list[Call], *, start: int, max_index: int) -> bool:
    """Tell whether some order of the operations that keeps to their times explains the answers.

    Those of unknown outcome may have happened at any time after they were asked for, or never;
    those that were unavailable did not.

    Raises:
        Undecided: It can't be told in `MOST_STATES`.
    """
    return unexplained(history, start=start, max_index=max_index) is None


def unexplained(history: list[Call], *, start: int, max_index: int) -> Call | None:
    """Return the first operation that no order of those before it leads to, or None.

    Raises:
        Undecided: It can't be told in `MOST_STATES`.
    """
    search = _Search(history, max_index)
    tried: set[_State] = set()
    pending = [_State(0, 0, start, 0, 0, 0)]
    furthest = 0
    while pending:
        state = pending.pop()
        if state in tried:
            continue
        tried.add(state)
        if len(tried) > MOST_STATES:
            raise Undecided
        if state.low == len(search.known):
            return None
        furthest = max(furthest, state.low)
        pending += search.after(state)
    return search.known[furthest]


class _Search:
    def __init__(self, history: list[Call], max_index: int) -> None:
        in_order = sorted(history, key=lambda call: call.invoked)
        unknown = [call for call in in_order if isinstance(call.outcome, OutcomeUnknown)]
        self.known = [
            call for call in in_order if not isinstance(call.outcome, OutcomeUnknown | Unavailable)
        ]
        self._unknown = {
            operation: [call.invoked for call in unknown if call.operation is operation]
            for operation in (Operation.NEXT, Operation.PREVIOUS, Operation.RESET)
        }
        self._max_index = max_index

    def after(self, state: _State) -> list[_State]:
        """Return the states that one more call can lead to, the likeliest last."""
        now, candidates = self._candidates(state)
        first: dict[Operation, int] = {}
        for place in candidates:
            call = self.known[place]
            if not self._fits(call, state.counter):
                continue
            if call.operation is Operation.CURRENT or isinstance(call.outcome, CounterError):
                return [self._with(state, place, state.counter)]
            chosen = first.setdefault(call.operation, place)
            if call.answered < self.known[chosen].answered:
                first[call.operation] = place
        states = list(self._unknown_states(state, now))
        for place in first.values():
            outcome = self.known[place].outcome
            states.append(self._with(state, place, outcome if isinstance(outcome, int) else 0))
        return states

    def _candidates(self, state: _State) -> tuple[float, list[int]]:
        """Return those that may come next, and the time by which one of them must have come."""
        latest = float("inf")
        found = []
        for place in range(state.low, len(self.known)):
            call = self.known[place]
            if call.invoked > latest:
                break
            if not state.done >> (place - state.low) & 1:
                latest = min(latest, call.answered)
                found.append(place)
        return latest, [place for place in found if self.known[place].invoked <= latest]

    def _with(self, state: _State, place: int, counter: int) -> _State:
        done = state.done | 1 << (place - state.low)
        low = state.low
        while done & 1:
            done >>= 1
            low += 1
        return state._replace(low=low, done=done, counter=counter)

    def _unknown_states(self, state: _State, now: float) -> Iterator[_State]:
        def may_come(operation: Operation, so_far: int) -> bool:
            times = self._unknown[operation]
            return so_far < len(times) and times[so_far] <= now

        if state.counter and may_come(Operation.RESET, state.resets):
            yield state._replace(counter=0, resets=state.resets + 1)
        if state.counter > 0 and may_come(Operation.PREVIOUS, state.back):
            yield state._replace(counter=state.counter - 1, back=state.back + 1)
        if state.counter < self._max_index and may_come(Operation.NEXT, state.forward):
            yield state._replace(counter=state.counter + 1, forward=state.forward + 1)

    def _fits(self, call: Call, index: int) -> bool:
        outcome = call.outcome
        match outcome:
            case PastEnd():
                return outcome.index == index >= self._max_index
            case BeforeStart():
                return outcome.index == index == 0
        match call.operation:
            case Operation.CURRENT:
                return outcome == index
            case Operation.NEXT:
                return outcome == index + 1 <= self._max_index
            case Operation.PREVIOUS:
                return outcome == index - 1 >= 0
            case Operation.RESET:
                return outcome == 0
