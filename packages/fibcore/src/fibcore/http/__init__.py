"""The HTTP contract as data, and the `Api` that answers requests by it, without a web framework."""
