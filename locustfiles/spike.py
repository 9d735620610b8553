"""From a tenth to the full rate at once, twice."""

from locustfiles import target_check, verdict  # noqa: F401 (their listeners check and judge the run)
from locustfiles.fib_user import FibUser
from locustfiles.load_shape import Stage, StagedShape

__all__ = ["FibUser", "Load"]


class Load(StagedShape):
    """From a tenth to the full rate at once, twice."""

    stages = (Stage(10, 0.1, 0.1), Stage(20, 1, 1), Stage(10, 0.1, 0.1), Stage(20, 1, 1))
