"""The table with its one counter, which a function seeds when the table is deployed."""

from typing import Final

from aws_cdk import CfnOutput, CustomResource, Duration, Stack
from aws_cdk.aws_dynamodb import (
    Attribute,
    AttributeType,
    BillingMode,
    PointInTimeRecoverySpecification,
    Table,
    TableEncryption,
)
from aws_cdk.aws_iam import IGrantable
from constructs import Construct
from fibcore import settings
from fibcore.dynamodb.item import KEY_NAME

from infra.components.lambda_package import lambda_package
from infra.components.python_function import PythonFunction
from infra.components.retention import removal_policy
from infra.outputs import STORAGE, TABLE_NAME
from infra.stage import Stage

# One partition takes these rates, and so does one item. Our one counter can't exceed them, and they
# bound what a flood of requests can cost.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
WRITE_UNITS_PER_SECOND: Final = 1_000
READ_UNITS_PER_SECOND: Final = 3_000


class StorageStack(Stack):
    """The table in go-fib's layout, on demand, and the function that seeds it."""

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        super().__init__(scope, stage.stack_name(STORAGE), termination_protection=stage.keeps_data)
        self.table = Table(
            self,
            "Counters",
            partition_key=Attribute(name=KEY_NAME, type=AttributeType.STRING),
            billing_mode=BillingMode.PAY_PER_REQUEST,
            max_write_request_units=WRITE_UNITS_PER_SECOND,
            max_read_request_units=READ_UNITS_PER_SECOND,
            encryption=TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=stage.keeps_data,
            removal_policy=removal_policy(stage),
        )
        seed = PythonFunction(
            self,
            "Seed",
            stage=stage,
            code=lambda_package(),
            handler="lambda_api.seed_handler.handler",
            timeout=Duration.seconds(30),
            memory_size=256,
            environment=self.backend_environment,
        )
        self.table.grant(seed.role, "dynamodb:UpdateItem")
        seeded = CustomResource(
            self,
            "CounterSeed",
            service_token=seed.function.function_arn,
            # A function that fails at import never answers. CloudFormation would wait for an hour.
            service_timeout=Duration.minutes(2),
            resource_type="Custom::CounterSeed",
            # Another table has another counter to seed.
            properties={"TableName": self.table.table_name},
        )
        seeded.node.add_dependency(seed.role)
        CfnOutput(self, TABLE_NAME, value=self.table.table_name)
        # Other stacks import these values. Without these calls, a value would be exported only as
        # long as another stack uses it (see docs/later-deploys.md).
        self.export_value(self.table.table_arn)
        self.export_value(self.table.table_name)

    @property
    def backend_environment(self) -> dict[str, str]:
        """The environment variables that name the table to a backend."""
        return {settings.COUNTER_TABLE_NAME.name: self.table.table_name}

    def grant_counting(self, backend: IGrantable) -> None:
        """Allow a backend to read and move the counter, in this table only."""
        self.table.grant(backend, "dynamodb:GetItem", "dynamodb:UpdateItem")
