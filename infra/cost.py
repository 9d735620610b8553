"""What steps and an idle stage cost, as the tables of infra/README.md: `python -m infra.cost`.

Prices are US dollars in us-east-1. AWS's own pages draw most of them by script, so that what was
read there is the free tiers and the worked examples; each price names the page it was read from.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from infra import ROOT
from infra.stacks import api_gateway, ecs

HOURS_PER_MONTH: Final = 730
STEPS: Final = 1_000_000
# Neither is measured: it takes AWS's own network.
FUNCTION_SECONDS: Final = 0.010
KILOBYTES_PER_STEP: Final = 1


class Price(NamedTuple):
    """One price and where it was read in November 2026.

    Attributes:
        what: What is paid.
        dollars: How much.
        unit: For how much of it.
        page: Where it says so.
        dated: What the page says of its own age.
    """

    what: str
    dollars: float
    unit: str
    page: str
    dated: str


MILLION: Final = 1_000_000
WRITE: Final = Price(
    *("DynamoDB, on-demand writes", 0.625, "million units of 1 KB"),
    *("airbyte.com/data-engineering-resources/dynamodb-pricing", "undated; AWS halved it 2024-11"),
)
HTTP_API: Final = Price(
    *("HTTP API, requests", 1.00, "million"),
    "docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration",
    "undated",
)
FUNCTION_REQUEST: Final = Price(
    *("Lambda, requests", 0.20, "million"),
    *("git.mcrn.ar/mariano/lambda_local_runner", "2026-05-11"),
)
FUNCTION_COMPUTE: Final = Price(
    *("Lambda, arm64", 0.0000133334, "GB-second"),
    *("git.mcrn.ar/mariano/lambda_local_runner", "2026-05-11"),
)
SNAPSHOT: Final = Price(
    *("Lambda, SnapStart's snapshot", 0.0000015046, "GB-second"),
    *("awsnegotiations.com/blog/lambda-snapstart-cost-impact", "2026-05"),
)
TASK_CPU: Final = Price(
    *("Fargate, arm64", 0.03238, "vCPU-hour"), *("www.vantage.sh/blog/fargate-pricing", "undated")
)
TASK_MEMORY: Final = Price(
    *("Fargate, arm64", 0.00356, "GB-hour"), *("www.vantage.sh/blog/fargate-pricing", "undated")
)
ADDRESS: Final = Price(
    *("public IPv4 address", 0.005, "hour"),
    *("github.com/ChiefGyk3D/Clouds-Against-Humanity/wiki/Provider-AWS-Cost-Lesson", "2026-10-16"),
)
BALANCER: Final = Price(
    *("load balancer", 0.0225, "hour"),
    *("aws.amazon.com/elasticloadbalancing/pricing, in its examples", "2026-09-20"),
)
BALANCER_UNIT: Final = Price(
    *("load balancer, capacity", 0.008, "LCU-hour, 1 GB"),
    *("aws.amazon.com/elasticloadbalancing/pricing, in its examples", "2026-09-20"),
)
ALARM: Final = Price(
    *("CloudWatch, alarms after the tenth", 0.10, "metric and month"),
    *("c3x.dev/resources/aws/aws_cloudwatch_metric_alarm", "undated"),
)
PRICES: Final = (
    *(WRITE, HTTP_API, FUNCTION_REQUEST, FUNCTION_COMPUTE, SNAPSHOT, TASK_CPU, TASK_MEMORY),
    *(ADDRESS, BALANCER, BALANCER_UNIT, ALARM),
)
# Ours, of which one is made of two metrics, and two for each of the two scaling policies.
_ALARM_METRICS: Final = 7 + 4
_FREE_ALARM_METRICS: Final = 10

_TASK_HOUR: Final = (
    ecs.CPU_UNITS / 1_024 * TASK_CPU.dollars + ecs.MEMORY_MEGABYTES / 1_024 * TASK_MEMORY.dollars
)
_FUNCTION_GIGABYTES: Final = api_gateway.MEMORY_MEGABYTES / 1_024


class Measured(NamedTuple):
    """What one server process did in the bench at so many connections."""

    connections: str
    steps_per_second: float
    writes_per_step: float


def measured() -> list[Measured]:
    """Return what `make bench` wrote of the combining server, but for a lone connection."""
    lines = (ROOT / "tests/benchmarks/results/steps.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [
        Measured(row[0], float(row[4].replace(",", "")), float(row[8]))
        for row in rows
        if len(row) > 8 and row[1] == "combining" and row[0] != "1"
    ]


def of_steps_by_server(at: Measured) -> dict[str, float]:
    """Return what a million steps cost through a server as busy as in the bench."""
    return {
        "compute": STEPS / at.steps_per_second / 3_600 * _TASK_HOUR,
        "requests": STEPS * KILOBYTES_PER_STEP / MILLION * BALANCER_UNIT.dollars,
        "write units": STEPS * at.writes_per_step / MILLION * WRITE.dollars,
    }


def of_steps_by_function() -> dict[str, float]:
    """Return what a million steps cost through the HTTP API and the function."""
    compute = STEPS * FUNCTION_SECONDS * _FUNCTION_GIGABYTES * FUNCTION_COMPUTE.dollars
    return {
        "compute": compute,
        "requests": STEPS / MILLION * (HTTP_API.dollars + FUNCTION_REQUEST.dollars),
        "write units": STEPS / MILLION * WRITE.dollars,
    }


def of_an_idle_month() -> dict[str, float]:
    """Return what a stage costs that nobody asks."""
    return {
        "one task": HOURS_PER_MONTH * _TASK_HOUR,
        "its address": HOURS_PER_MONTH * ADDRESS.dollars,
        "load balancer": HOURS_PER_MONTH * BALANCER.dollars,
        "SnapStart's snapshot": (HOURS_PER_MONTH * 3_600 * _FUNCTION_GIGABYTES * SNAPSHOT.dollars),
        "alarms": (_ALARM_METRICS - _FREE_ALARM_METRICS) * ALARM.dollars,
    }


def tables() -> str:
    """Return the three tables in Markdown."""
    ways: dict[str, Mapping[str, float]] = {
        f"server, {at.connections} connections": of_steps_by_server(at) for at in measured()
    }
    ways["Lambda"] = of_steps_by_function()
    parts = list(ways["Lambda"])
    steps = _table(
        ["a million steps", *parts, "together"],
        (
            [way, *(f"${of[part]:.3f}" for part in parts), f"**${sum(of.values()):.2f}**"]
            for way, of in ways.items()
        ),
    )
    idle = of_an_idle_month()
    month = _table(
        ["an idle month", ""],
        [
            *([name, f"${dollars:.2f}"] for name, dollars in idle.items()),
            ["together", f"**${sum(idle.values()):.2f}**"],
        ],
    )
    prices = _table(
        ["price", "$", "per", "read from", "dated"],
        ([p.what, _plain(p.dollars), p.unit, p.page, p.dated] for p in PRICES),
    )
    return f"{steps}\n\n{month}\n\n{prices}"


def _plain(dollars: float) -> str:
    return f"{dollars:.10f}".rstrip("0").rstrip(".")


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


if __name__ == "__main__":
    print(tables())
