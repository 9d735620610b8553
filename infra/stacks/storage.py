"""The table with its one counter, seeded when it is deployed."""

from pathlib import Path

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

from infra import counter_seed
from infra.components.lambda_package import lambda_package
from infra.components.python_function import PythonFunction
from infra.components.retention import removal_policy
from infra.outputs import STORAGE, TABLE_NAME
from infra.stage import Stage

# What one partition takes, and so what one item can: it can't be reached and exceeded by the one
# counter, and it bounds what a flood of requests can cost.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
WRITE_UNITS_PER_SECOND = 1_000
READ_UNITS_PER_SECOND = 3_000


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
            code=lambda_package("fibcore", Path(counter_seed.__file__)),
            handler="counter_seed.handler",
            timeout=Duration.seconds(30),
            memory_size=256,
            environment=self.backend_environment,
        )
        self.table.grant(seed.role, "dynamodb:UpdateItem")
        seeded = CustomResource(
            self,
            "CounterSeed",
            service_token=seed.function.function_arn,
            resource_type="Custom::CounterSeed",
            # Another table is another counter to seed.
            properties={"TableName": self.table.table_name},
        )
        seeded.node.add_dependency(seed.role)
        CfnOutput(self, TABLE_NAME, value=self.table.table_name)

    @property
    def backend_environment(self) -> dict[str, str]:
        """Where a backend finds the table."""
        return {settings.COUNTER_TABLE_NAME.name: self.table.table_name}

    def grant_counting(self, backend: IGrantable) -> None:
        """Let a backend read and move the counter, in this table only."""
        self.table.grant(backend, "dynamodb:GetItem", "dynamodb:UpdateItem")
