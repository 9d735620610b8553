"""The four stacks, in the order of the story: storage, api_gateway, ecs, website."""
