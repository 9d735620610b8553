"""The HTTP contract as data, and the requests answered by it, without a web framework."""
