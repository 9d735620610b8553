"""The contract on AWS Lambda, behind an API Gateway HTTP API."""
