from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd, Unavailable
from fibcore.plan import Kind

from tests.linearizability import Operation, is_linearizable


def holds(*history: Operation) -> bool:
    return is_linearizable(list(history), start=0, max_index=2)


def test_steps_one_after_another_are_counted_in_order() -> None:
    assert holds(Operation(Kind.NEXT, 0, 1, 1), Operation(Kind.NEXT, 2, 3, 2))
    assert not holds(Operation(Kind.NEXT, 0, 1, 2), Operation(Kind.NEXT, 2, 3, 1))


def test_steps_at_the_same_time_may_come_in_either_order() -> None:
    assert holds(Operation(Kind.NEXT, 0, 3, 2), Operation(Kind.NEXT, 1, 2, 1))


def test_an_index_answered_twice_is_found() -> None:
    assert not holds(Operation(Kind.NEXT, 0, 3, 1), Operation(Kind.NEXT, 1, 2, 1))


def test_a_stale_read_is_found() -> None:
    assert not holds(Operation(Kind.NEXT, 0, 1, 1), Operation(Kind.CURRENT, 2, 3, 0))


def test_an_unknown_step_may_have_happened_even_later_or_not() -> None:
    unknown = Operation(Kind.NEXT, 0, 1, OutcomeUnknown("?"))
    assert holds(unknown, Operation(Kind.CURRENT, 2, 3, 0), Operation(Kind.CURRENT, 4, 5, 1))
    assert not holds(unknown, Operation(Kind.CURRENT, 2, 3, 2))


def test_an_unavailable_step_never_happened() -> None:
    unavailable = Operation(Kind.NEXT, 0, 1, Unavailable("no"))
    assert not holds(unavailable, Operation(Kind.CURRENT, 2, 3, 1))


def test_refusals_hold_at_the_bounds_only() -> None:
    assert holds(Operation(Kind.PREVIOUS, 0, 1, BeforeStart(0)))
    assert not holds(Operation(Kind.NEXT, 0, 1, PastEnd(0)))
