"""The size of the server backend: its tasks, their CPUs and zones, and when another task starts.

This module imports nothing of the CDK, so that commands that only check an account start fast.
"""

from typing import Final

from fibcore.dynamodb.writer_registry import PROCESSES_LIMIT

ZONE_COUNT: Final = 2
"""A load balancer needs at least two availability zones."""

PROCESSES_PER_TASK: Final = 1
CPU_UNITS: Final = 1_024
MEMORY_MEGABYTES: Final = 2_048
"""A task is one process on one CPU, with the least memory that Fargate offers for it."""

LARGEST_DEPLOY_PERCENT: Final = 200
"""The percentage of the running tasks that a deploy may reach."""

TARGET_CPU_PERCENT: Final = 50
TARGET_REQUESTS_PER_MINUTE: Final = 60_000
"""Another task starts if the tasks use more of their CPU than this, or if a task gets more requests
than this. `docs/scaling.md` says what these numbers follow from."""

MAX_TASKS: Final = PROCESSES_LIMIT // PROCESSES_PER_TASK
"""Each process is a writer, and the counter's item has room for a limited number of writers, also
while a deploy doubles the tasks."""
