"""Commands that deploy a stage, take it down, check the account, and find a stage's URLs."""
