"""The cloud: four CDK stacks around one table, their monitoring, and the commands to deploy them."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
"""The root of the checkout."""
