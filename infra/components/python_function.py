"""A Lambda function of ours, with a role that may write the function's log and nothing else."""

from typing import Any

from aws_cdk.aws_iam import Role, ServicePrincipal
from aws_cdk.aws_lambda import Code, Function
from constructs import Construct

from infra.components.lambda_package import ARCHITECTURE, RUNTIME
from infra.components.retention import log_group
from infra.stage import Stage


class PythonFunction(Construct):
    """A function, its role and its log.

    Args:
        scope: The stack.
        construct_id: The construct's name in the stack.
        stage: Says how long the log is kept.
        code: The code, for instance from `lambda_package`.
        handler: `module.name` in the code.
        settings: Further settings of the function: `memory_size`, `timeout`, …
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        code: Code,
        handler: str,
        **settings: Any,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log = log_group(self, "Log", stage=stage)
        # The managed policy for logs would allow every log group of the account.
        self.role = Role(self, "Role", assumed_by=ServicePrincipal("lambda.amazonaws.com"))
        self.log.grant_write(self.role)
        self.function = Function(
            self,
            "Function",
            code=code,
            handler=handler,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            role=self.role,
            log_group=self.log,
            **settings,
        )
