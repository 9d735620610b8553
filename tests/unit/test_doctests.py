import doctest

from fibcore import fibonacci


def test_examples_in_docstrings_are_true() -> None:
    results = doctest.testmod(fibonacci)
    assert results.attempted > 0
    assert results.failed == 0
