"""The cloud: four CDK stacks around one table, their monitoring, and their commands."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
"""The root of the checkout."""
