"""Ten minutes at the full rate."""

from locustfiles import target_check, verdict  # noqa: F401 (their listeners check and judge the run)
from locustfiles.fib_user import FibUser
from locustfiles.load_shape import Stage, StagedShape

__all__ = ["FibUser", "Load"]


class Load(StagedShape):
    """Ten minutes at the full rate."""

    stages = (Stage(10, 0.02, 1), Stage(600, 1, 1))
