"""The monitoring of a stage: metrics, canary, alarms, dashboard, notifications and budget."""

from aws_cdk import Aws
from aws_cdk.aws_cloudwatch_actions import SnsAction
from aws_cdk.aws_iam import ServicePrincipal
from aws_cdk.aws_sns import Topic
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct

from infra.components.custom_domain import CERTIFICATE_REGION
from infra.monitoring.alarms import create_alarms
from infra.monitoring.budget import create_budget
from infra.monitoring.canary import Canary
from infra.monitoring.dashboard import create_dashboard
from infra.monitoring.metrics import CounterMetrics
from infra.stacks.website import WebsiteStack
from infra.stage import Stage


class Monitoring(Construct):
    """Everything that watches a stage and tells somebody.

    Args:
        website: The stack that contains it and the distribution.
        stage: Says who is told.
        metrics: What is measured.
        region: Where the stage is deployed.
    """

    def __init__(
        self, website: WebsiteStack, *, stage: Stage, metrics: CounterMetrics, region: str
    ) -> None:
        super().__init__(website, "Monitoring")
        canary = Canary(self, stage=stage, site_url=website.site.url, backends=website.urls)
        alarms = create_alarms(
            self,
            metrics=metrics,
            canary_errors=canary.errors,
            # CloudFront publishes its metrics in one region, and an alarm reads its own only.
            with_cloudfront=region == CERTIFICATE_REGION,
        )
        create_dashboard(self, metrics=metrics, canary_errors=canary.errors, alarms=alarms)
        if stage.alarm_email:
            topic = self._topic(stage.alarm_email)
            for alarm in alarms:
                alarm.add_alarm_action(SnsAction(topic))
                alarm.add_ok_action(SnsAction(topic))
        if stage.has_budget:
            create_budget(self, stage)

    def _topic(self, email: str) -> Topic:
        topic = Topic(self, "Alarms", enforce_ssl=True)
        topic.add_subscription(EmailSubscription(email))
        # A topic with a policy of its own no longer lets the account's alarms publish by default.
        # Without the condition, alarms of other accounts could publish, too.
        this_account = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        topic.grant_publish(ServicePrincipal("cloudwatch.amazonaws.com", conditions=this_account))
        return topic
