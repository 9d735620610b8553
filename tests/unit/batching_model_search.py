"""Search of the model through every order of events, for one that breaks a promise."""

from collections import deque

from tests.unit.batching_model import World
from tests.unit.batching_model_item import Rule, Scenario, Violation


def violation(scenario: Scenario, dropped: Rule | None = None) -> Violation | None:
    """Search breadth first; return the shortest way to a broken promise, or None."""
    begin = World(scenario, dropped)
    came_from: dict[tuple[object, ...], tuple[tuple[object, ...] | None, str]] = {
        begin.key(): (None, "")
    }
    pending = deque([begin])
    while pending:
        world = pending.popleft()
        before = world.key()
        for name, happen in world.events():
            after = world.clone()
            try:
                happen(after)
            except Violation as found:
                events = [name]
                at: tuple[object, ...] | None = before
                while at is not None:
                    at, event = came_from[at]
                    events.insert(0, event)
                found.events = events[1:]
                return found
            key = after.key()
            if key not in came_from:
                came_from[key] = (before, name)
                pending.append(after)
    return None
