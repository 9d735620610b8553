"""Everything on one machine: `make run` starts all of it, and the tests start parts of it."""
