"""Model check of the writer's protocol: it keeps every promise, and needs each of its rules."""

import pytest
from fibcore.counter import Operation

from tests.unit.batching_model_item import Rule, Scenario
from tests.unit.batching_model_search import violation

NEXT, PREVIOUS, RESET = (Operation.NEXT,), (Operation.PREVIOUS,), (Operation.RESET, Operation.NEXT)

AT_THE_END = Scenario((NEXT,), moves=2)
BOTH_WAYS = Scenario(
    ((Operation.NEXT, Operation.PREVIOUS), NEXT), start=0, max_index=1, sends=4, moves=1
)
PRUNED = Scenario((NEXT, PREVIOUS), prunes=1)
RESTARTED = Scenario((RESET, NEXT), sends=4, moves=1)
NEAR_THE_START = Scenario((PREVIOUS * 2,), moves=1, sends=4)
REPLACED = Scenario((NEXT,), sends=4, seeds=1)
WITHOUT_ROOM = Scenario((NEXT,), sends=3, has_room=False)
COPIED = Scenario((NEXT, PREVIOUS), sends=4, copies=1)
COPIED_LATE = Scenario((NEXT, PREVIOUS), sends=4, late_copies=1)
COPIED_AT_THE_END = Scenario((NEXT,), moves=2, sends=4, late_copies=1)
ALL_AT_ONCE = Scenario((NEXT, NEXT), sends=4, moves=1, prunes=1, seeds=1)


@pytest.mark.parametrize(
    "scenario",
    [
        AT_THE_END,
        BOTH_WAYS,
        NEAR_THE_START,
        REPLACED,
        WITHOUT_ROOM,
        COPIED,
        COPIED_LATE,
        *(
            pytest.param(scenario, marks=pytest.mark.long)
            for scenario in (PRUNED, RESTARTED, COPIED_AT_THE_END, ALL_AT_ONCE)
        ),
    ],
)
def test_no_order_of_events_breaks_a_promise(scenario: Scenario) -> None:
    found = violation(scenario)
    assert found is None, f"{found}: {found.events}"


@pytest.mark.parametrize(
    ("dropped", "scenario"),
    [
        (Rule.R1_AN_ID_OF_ITS_OWN, AT_THE_END),
        (Rule.R1_THE_INDEX_IS_STORED_WITH_THE_NUMBER, AT_THE_END),
        (Rule.R2_ANOTHER_ID_AFTER_AN_UNANSWERED_JOIN, REPLACED),
        (Rule.R2_A_WRITE_REQUIRES_THE_ENTRY, REPLACED),
        (Rule.R2_UNKNOWN_WHERE_THE_ENTRY_IS_GONE, PRUNED),
        (Rule.R3_A_NUMBER_FOR_EACH_PLAN, BOTH_WAYS),
        (Rule.R3_BELOW_THE_FIRST_NUMBER, AT_THE_END),
        (Rule.R3_ITS_OWN_NUMBER_TELLS_AS_WELL, COPIED),
        (Rule.R3_A_REFUSED_PLAN_IS_REMEMBERED, COPIED),
        (Rule.R3_A_REFUSED_PLAN_IS_REMEMBERED, COPIED_LATE),
        (Rule.R4_A_FENCE_BEFORE_A_REFUSAL, COPIED_AT_THE_END),
        (Rule.R4_LEAVING_IN_DOUBT_IS_UNKNOWN, AT_THE_END),
        (Rule.R5_PRUNED_ONLY_AS_SEEN, PRUNED),
    ],
)
def test_dropping_one_rule_breaks_a_promise(dropped: Rule, scenario: Scenario) -> None:
    assert violation(scenario, dropped)


def test_each_numbered_rule_is_modelled() -> None:
    assert {rule.name[1] for rule in Rule} == set("12345")
