"""The cloud: four CDK stacks around one table, their rehearsal, and what deploys them."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
"""The checkout."""
