from fibcore.counter import Operation
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd, Unavailable

from tests.linearizability import Call, is_linearizable


def holds(*history: Call) -> bool:
    return is_linearizable(list(history), start=0, max_index=2)


def test_steps_one_after_another_are_counted_in_order() -> None:
    assert holds(Call(Operation.NEXT, 0, 1, 1), Call(Operation.NEXT, 2, 3, 2))
    assert not holds(Call(Operation.NEXT, 0, 1, 2), Call(Operation.NEXT, 2, 3, 1))


def test_concurrent_steps_may_come_in_either_order() -> None:
    assert holds(Call(Operation.NEXT, 0, 3, 2), Call(Operation.NEXT, 1, 2, 1))


def test_index_answered_twice_is_found() -> None:
    assert not holds(Call(Operation.NEXT, 0, 3, 1), Call(Operation.NEXT, 1, 2, 1))


def test_stale_read_is_found() -> None:
    assert not holds(Call(Operation.NEXT, 0, 1, 1), Call(Operation.CURRENT, 2, 3, 0))


def test_unknown_step_may_happen_late_or_never() -> None:
    unknown = Call(Operation.NEXT, 0, 1, OutcomeUnknown("?"))
    assert holds(unknown, Call(Operation.CURRENT, 2, 3, 0), Call(Operation.CURRENT, 4, 5, 1))
    assert not holds(unknown, Call(Operation.CURRENT, 2, 3, 2))


def test_unavailable_step_never_happened() -> None:
    unavailable = Call(Operation.NEXT, 0, 1, Unavailable("no"))
    assert not holds(unavailable, Call(Operation.CURRENT, 2, 3, 1))


def test_refusals_hold_at_the_bounds_only() -> None:
    assert holds(Call(Operation.PREVIOUS, 0, 1, BeforeStart(0)))
    assert not holds(Call(Operation.NEXT, 0, 1, PastEnd(0)))
