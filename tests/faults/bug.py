"""How a bug is put into fibcore: registered by name, and made by replacing objects.

A bug is a function that replaces something in a module of the product, in a process of its own. It
replaces objects and not source text, so that it survives most changes of the code. A bug that no
longer fits ends the process, with a line that says so.

Nothing here imports the product, since processes import this before gevent has patched them.
"""

import functools
import inspect
import os
import re
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

LOST = "no longer fits the product: change it in tests/faults/bugs_in_*.py"
LOST_STATUS = 86

HISTORIES = "the drawn histories"
GREENLETS = "the killed greenlets"
SIMULATION = "the simulated histories"


class Bug(NamedTuple):
    """A bug, where it goes, and what finds it.

    Attributes:
        name: What it is called.
        module: The module after whose import it is put in.
        change: Puts it into the module.
        found_by: Names of scenarios of the campaign, ids of tests, `HISTORIES`, `GREENLETS`,
            `SIMULATION`.
    """

    name: str
    module: str
    change: Callable[[Any], None]
    found_by: tuple[str, ...]


BUGS: dict[str, Bug] = {}


def bug(module: str, *found_by: str) -> Callable[[Callable[[Any], None]], None]:
    """Register the decorated function as a bug that goes into a module of the product."""

    def register(change: Callable[[Any], None]) -> None:
        name = change.__name__.replace("_", "-")
        BUGS[name] = Bug(name, module, change, found_by)

    return register


def put_in(bug: Bug, module: Any) -> None:
    """Put a bug into its module; end the process if it no longer fits."""
    try:
        bug.change(module)
    except (AttributeError, AssertionError, KeyError, TypeError) as failure:
        _end(f"{bug.name} {LOST}: {failure!r}")


def _end(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
    os._exit(LOST_STATUS)  # No worker or server can hide this.


def wrap(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a method or function by `wrapper`, which gets it as its first argument.

    Raises:
        AttributeError: The owner has no such method or function.
        TypeError: The wrapper does not take its arguments.
    """
    original = getattr(owner, name)
    parameters = inspect.signature(original).parameters.values()
    named = [each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    only_named = {each.name: None for each in parameters if each.kind is each.KEYWORD_ONLY}
    inspect.signature(wrapper).bind(original, *named, **only_named)

    @functools.wraps(original)
    def wrapped(*args: Any, **more: Any) -> Any:
        return wrapper(original, *args, **more)

    setattr(owner, name, wrapped)


def change_requests(
    client: Any, parameter: str, old: str, new: str, *, only: Callable[[Any], bool]
) -> None:
    """Replace a pattern in an expression of the requests that `only` picks."""

    def send(original: Any, self: Any, operation: str, read: Any, **parameters: Any) -> Any:
        if parameter in parameters and only(parameters):
            parameters[parameter], times = re.subn(old, new, parameters[parameter])
            if not times:
                _end(f"{old} {LOST}: it is not in {parameters[parameter]}")
        return original(self, operation, read, **parameters)

    wrap(client.OneShotClient, "send", send)
