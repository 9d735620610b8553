import pytest
from fibcore.errors import BeforeStart, OutcomeUnknown, PastEnd
from fibcore.plan import Kind, Step, plan_steps
from hypothesis import given
from hypothesis import strategies as st

MAX_INDEX = 6
MOVES = st.lists(st.sampled_from([Kind.NEXT, Kind.PREVIOUS, Kind.RESET]), min_size=1, max_size=12)


def sequentially(kinds: list[Kind], index: int) -> int:
    """Return where the plain counter is after `kinds`, each of which must fit."""
    for kind in kinds:
        index = {Kind.NEXT: index + 1, Kind.PREVIOUS: index - 1, Kind.RESET: 0}[kind]
        assert 0 <= index <= MAX_INDEX
    return index


def in_order_of_outcomes(steps: list[Step], start: int) -> bool:
    """Tell whether some order of the answered steps leads the plain counter through them."""
    if not steps:
        return True
    for step in steps:
        rest = [other for other in steps if other is not step]
        outcome = step.outcome
        if isinstance(outcome, PastEnd):
            fits = outcome.index == start == MAX_INDEX
            after = start
        elif isinstance(outcome, BeforeStart):
            fits = outcome.index == start == 0
            after = start
        else:
            after = {Kind.NEXT: start + 1, Kind.PREVIOUS: start - 1, Kind.RESET: 0}[step.kind]
            fits = outcome == after and 0 <= after <= MAX_INDEX
        if fits and in_order_of_outcomes(rest, after):
            return True
    return False


@given(
    st.lists(st.sampled_from([Kind.NEXT, Kind.PREVIOUS, Kind.RESET]), min_size=1, max_size=6),
    st.integers(0, MAX_INDEX),
)
def test_every_answer_of_a_plan_made_from_the_index_is_one_of_the_plain_counter(
    kinds: list[Kind], start: int
) -> None:
    steps = [Step(kind) for kind in kinds]
    plan = plan_steps(steps, max_index=MAX_INDEX, known=start)
    if plan.movement is None:
        plan.refuse()
    else:
        if not plan.movement.restart:
            assert plan.movement.lowest <= start <= plan.movement.highest
        plan.answer((0 if plan.movement.restart else start) + plan.movement.net)
    assert in_order_of_outcomes(steps, start)


@given(MOVES, st.integers(0, MAX_INDEX))
def test_a_plan_without_the_index_applies_only_where_every_step_fits(
    kinds: list[Kind], start: int
) -> None:
    plan = plan_steps([Step(kind) for kind in kinds], max_index=MAX_INDEX)
    if plan.movement is None or (
        not plan.movement.restart and not plan.movement.lowest <= start <= plan.movement.highest
    ):
        return
    moved = [step.kind for step in (*plan.resets, *plan.forward, *plan.back)]
    if plan.back_first:
        moved = [step.kind for step in (*plan.resets, *plan.back, *plan.forward)]
    reached = sequentially(moved, start)
    assert reached == (0 if plan.movement.restart else start) + plan.movement.net


def test_resets_come_first() -> None:
    steps = [Step(Kind.NEXT), Step(Kind.RESET), Step(Kind.NEXT)]
    plan = plan_steps(steps, max_index=MAX_INDEX)
    assert plan.movement is not None
    assert plan.movement.restart
    plan.answer(2)
    assert [step.outcome for step in steps] == [1, 0, 2]


def test_near_the_upper_end_steps_back_make_room_for_steps_forward() -> None:
    steps = [Step(Kind.NEXT), Step(Kind.PREVIOUS)]
    plan = plan_steps(steps, max_index=MAX_INDEX, known=MAX_INDEX)
    plan.answer(MAX_INDEX)
    assert not plan.refused
    assert [step.outcome for step in steps] == [MAX_INDEX, MAX_INDEX - 1]


def test_an_index_above_the_highest_can_be_stepped_back() -> None:
    step = Step(Kind.PREVIOUS)
    plan = plan_steps([step], max_index=MAX_INDEX, known=MAX_INDEX + 5)
    plan.answer(MAX_INDEX + 4)
    assert step.reached() == MAX_INDEX + 4


def test_a_step_never_answered_is_of_unknown_outcome() -> None:
    with pytest.raises(OutcomeUnknown):
        Step(Kind.NEXT).reached()
