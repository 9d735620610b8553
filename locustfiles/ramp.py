"""To the full rate in 30 s, and 30 s there."""

from locustfiles import target_check, verdict  # noqa: F401 (their listeners check and judge the run)
from locustfiles.fib_user import FibUser
from locustfiles.load_shape import Stage, StagedShape

__all__ = ["FibUser", "Load"]


class Load(StagedShape):
    """To the full rate in 30 s, and 30 s there."""

    stages = (Stage(30, 0.02, 1), Stage(30, 1, 1))
