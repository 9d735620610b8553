"""A budget that warns by e-mail."""

from aws_cdk.aws_budgets import CfnBudget
from constructs import Construct

from infra.stage import Stage


def create_budget(scope: Construct, stage: Stage) -> None:
    """Create a monthly budget that warns about the actual and the forecast costs.

    The budget counts the costs of the whole account. AWS could count a stage's own costs by its
    tags, but only after the tags are activated by hand. The budget has no fixed name, because
    CloudFormation replaces it when its e-mail address changes, and creates the new one first.
    """
    notifications = [
        CfnBudget.NotificationWithSubscribersProperty(
            notification=CfnBudget.NotificationProperty(
                notification_type=kind,
                comparison_operator="GREATER_THAN",
                threshold=100,
                threshold_type="PERCENTAGE",
            ),
            subscribers=[
                CfnBudget.SubscriberProperty(subscription_type="EMAIL", address=stage.alarm_email)
            ],
        )
        for kind in ("ACTUAL", "FORECASTED")
    ]
    CfnBudget(
        scope,
        "Budget",
        budget=CfnBudget.BudgetDataProperty(
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=CfnBudget.SpendProperty(amount=stage.monthly_budget_dollars, unit="USD"),
        ),
        notifications_with_subscribers=notifications,
    )
