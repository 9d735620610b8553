"""A canary: a function that asks for the site and both backends, as a browser would."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aws_cdk import Duration
from aws_cdk.aws_events import Rule, Schedule
from aws_cdk.aws_events_targets import LambdaFunction
from aws_cdk.aws_lambda import InlineCode
from constructs import Construct
from fibcore.http.contract import CURRENT_PATH

from infra.components.python_function import PythonFunction
from infra.monitoring.canary_handler import URLS_VARIABLE
from infra.stage import Stage

_HANDLER: Final = Path(__file__).with_name("canary_handler.py")
PERIOD: Final = Duration.minutes(1)


class Canary(Construct):
    """A function that fails, every minute, if CloudFront, the site, a backend or the table does.

    Its calls also keep the Lambda backend's version active, which AWS deactivates after 14 days
    without a call if it has a snapshot (SnapStart):
    https://docs.aws.amazon.com/lambda/latest/dg/snapstart-activate.html

    Args:
        scope: The construct that contains it.
        stage: Says how long the log is kept.
        site_url: The site's address.
        backends: The addresses of the backends.

    Attributes:
        errors: How many runs failed, per minute: 0 or 1, and missing if the canary does not run.
    """

    def __init__(
        self, scope: Construct, *, stage: Stage, site_url: str, backends: Mapping[str, str]
    ) -> None:
        super().__init__(scope, "Canary")
        urls = [f"{site_url}/", *(url + CURRENT_PATH for url in backends.values())]
        canary = PythonFunction(
            self,
            "Run",
            stage=stage,
            code=InlineCode(_HANDLER.read_text()),
            handler="index.handler",
            timeout=Duration.seconds(50),
            memory_size=128,
            environment={URLS_VARIABLE: " ".join(urls)},
            # The next minute tries again; AWS Lambda would otherwise repeat a failed run twice.
            retry_attempts=0,
        )
        Rule(
            self,
            "EveryMinute",
            schedule=Schedule.rate(PERIOD),
            targets=[LambdaFunction(canary.function, retry_attempts=0)],
        )
        self.errors = canary.function.metric_errors(
            period=PERIOD, statistic="Sum", label="failed canaries"
        )
