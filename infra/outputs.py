"""The names of the stacks and of their outputs."""

from typing import Final

STORAGE: Final = "storage"
API_GATEWAY: Final = "api-gateway"
ECS: Final = "ecs"
WEBSITE: Final = "website"
STACKS: Final = (STORAGE, API_GATEWAY, ECS, WEBSITE)
"""The ends of the stacks' names, in the order in which the stacks are deployed."""

TABLE_NAME: Final = "TableName"
API_GATEWAY_URL: Final = "ApiGatewayUrl"
AVAILABILITY_ZONES: Final = "AvailabilityZones"
WEBSITE_URL: Final = "WebsiteUrl"
SERVICE_URL: Final = "ServiceUrl"
LAMBDA_URL: Final = "LambdaUrl"
