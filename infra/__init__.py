"""The cloud: four CDK stacks around one table, their rehearsal, and what deploys them."""
