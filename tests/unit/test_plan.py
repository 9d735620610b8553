import pytest
from fibcore.counter import Operation
from fibcore.counter.plan import Step, plan_steps
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd
from hypothesis import given
from hypothesis import strategies as st

NEXT, PREVIOUS, RESET = Operation.NEXT, Operation.PREVIOUS, Operation.RESET
MAX_INDEX = 6
HIGHEST_START = 9  # above the highest, as where the setting was lowered


def in_order_of_outcomes(steps: list[Step], start: int) -> bool:
    """Tell whether some order of the answered steps leads the plain counter through them."""
    if not steps:
        return True
    for step in steps:
        rest = [other for other in steps if other is not step]
        outcome = step.outcome
        if isinstance(outcome, PastEnd):
            fits = outcome.index == start >= MAX_INDEX
            after = start
        elif isinstance(outcome, BeforeStart):
            fits = outcome.index == start == 0
            after = start
        else:
            after = {Operation.NEXT: start + 1, Operation.PREVIOUS: start - 1, Operation.RESET: 0}[
                step.operation
            ]
            highest = MAX_INDEX if step.operation is Operation.NEXT else HIGHEST_START
            fits = outcome == after and 0 <= after <= highest
        if fits and in_order_of_outcomes(rest, after):
            return True
    return False


@given(
    st.lists(
        st.sampled_from([NEXT, PREVIOUS, RESET]),
        min_size=1,
        max_size=6,
    ),
    st.one_of(st.none(), st.integers(0, HIGHEST_START)),
    st.integers(0, HIGHEST_START),
)
def test_plan_answers_like_a_sequential_counter(
    kinds: list[Operation], known: int | None, start: int
) -> None:
    steps = [Step(kind) for kind in kinds]
    plan = plan_steps(steps, max_index=MAX_INDEX, known=known)
    if plan.movement is None:
        assert known is not None
        start = known
        plan.answer(0)
    elif plan.movement.restart:
        plan.answer(plan.movement.net)
    elif plan.movement.lowest <= start <= plan.movement.highest:
        plan.answer(start + plan.movement.net)
    else:
        assert start != known
        return
    assert in_order_of_outcomes(steps, start)


def test_resets_come_first() -> None:
    steps = [Step(Operation.NEXT), Step(Operation.RESET), Step(Operation.NEXT)]
    plan = plan_steps(steps, max_index=MAX_INDEX)
    assert plan.movement is not None
    assert plan.movement.restart
    plan.answer(2)
    assert [step.outcome for step in steps] == [1, 0, 2]


def test_steps_back_make_room_at_the_end() -> None:
    steps = [Step(Operation.NEXT), Step(Operation.PREVIOUS)]
    plan = plan_steps(steps, max_index=MAX_INDEX, known=MAX_INDEX)
    plan.answer(MAX_INDEX)
    assert not plan.refused
    assert [step.outcome for step in steps] == [MAX_INDEX, MAX_INDEX - 1]


def test_index_above_the_highest_steps_back() -> None:
    step = Step(Operation.PREVIOUS)
    plan = plan_steps([step], max_index=MAX_INDEX, known=MAX_INDEX + 5)
    plan.answer(MAX_INDEX + 4)
    assert step.result() == MAX_INDEX + 4


def test_step_never_answered_is_unknown() -> None:
    with pytest.raises(OutcomeUnknown):
        Step(Operation.NEXT).result()
