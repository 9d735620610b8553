"""Ten minutes at the full rate."""

from locustfiles import verdict  # noqa: F401 (its listeners judge the run)
from locustfiles.fib_user import FibUser
from locustfiles.stages import Stage, StagedShape

__all__ = ["FibUser", "Load"]


class Load(StagedShape):
    """Ten minutes at the full rate."""

    stages = (Stage(10, 0.02, 1), Stage(600, 1, 1))
