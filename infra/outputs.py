"""The names under which the stacks tell what they made."""

from typing import Final

STORAGE: Final = "storage"
API_GATEWAY: Final = "api-gateway"
ECS: Final = "ecs"
WEBSITE: Final = "website"
STACKS: Final = (STORAGE, API_GATEWAY, ECS, WEBSITE)
"""The stacks of a stage in the order in which they are made, by the end of their names."""

TABLE_NAME: Final = "TableName"
API_GATEWAY_URL: Final = "ApiGatewayUrl"
WEBSITE_URL: Final = "WebsiteUrl"
SERVICE_URL: Final = "ServiceUrl"
LAMBDA_URL: Final = "LambdaUrl"
