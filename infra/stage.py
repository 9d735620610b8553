"""A stage: one whole deployment, by name."""

import re
from dataclasses import dataclass
from typing import Final, Self

APPLICATION: Final = "fib"
DEFAULT_STAGE: Final = "dev"
PRODUCTION: Final = "prod"
_NAME = re.compile(r"[a-z][a-z0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Stage:
    """What differs from one deployment to the next: its names, and whether its data is kept."""

    name: str

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the stage of that name, the default one where it is empty.

        Raises:
            ValueError: No name of a resource can be made of it.
        """
        if name and not _NAME.fullmatch(name):
            raise ValueError(
                f"STAGE is a letter and at most 15 letters or digits, lower case, not {name!r}"
            )
        return cls(name or DEFAULT_STAGE)

    @property
    def keeps_data(self) -> bool:
        """Whether the data is protected and stays when the stacks go."""
        return self.name == PRODUCTION

    def stack_name(self, stack: str) -> str:
        """Return the name of one of the stage's stacks, or of a resource."""
        return f"{APPLICATION}-{self.name}-{stack}"
