"""Everything on one machine: what `make run` starts, and what the tests start piece by piece."""
