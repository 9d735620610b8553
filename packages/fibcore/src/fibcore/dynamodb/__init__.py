"""The counter's item in DynamoDB: the client, the layout and the repository."""
