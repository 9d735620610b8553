import hashlib

import gmpy2
import pytest
from fibcore.fibonacci import Fibonacci
from hypothesis import given
from hypothesis import strategies as st


def test_first_300_values_follow_the_recurrence() -> None:
    fibonacci = Fibonacci()
    low, high = 0, 1
    for index in range(300):
        assert fibonacci.digits(index) == b"%d" % low
        low, high = high, low + high


@pytest.mark.parametrize("index", [93, 94, 1_000, 20_577, 20_578, 100_000, 1_000_000])
def test_large_values_equal_an_independent_computation(index: int) -> None:
    digits = Fibonacci().digits(index)

    expected = gmpy2.fib(index).digits(10).encode()
    assert len(digits) == len(expected)
    assert digits[:20] == expected[:20]
    assert digits[-20:] == expected[-20:]
    assert hashlib.sha256(digits).hexdigest() == hashlib.sha256(expected).hexdigest()


def test_value_beyond_64_bits_is_exact() -> None:
    assert Fibonacci().digits(94) == b"19740274219868223167"


def test_value_with_4301_digits_is_exact() -> None:
    assert len(Fibonacci().digits(20_578)) == 4_301


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=30))
def test_any_walk_gives_the_same_values(indexes: list[int]) -> None:
    fibonacci = Fibonacci(memo_bytes=50_000)
    for index in indexes:
        assert fibonacci.digits(index) == gmpy2.fib(index).digits(10).encode()


def test_steps_back_and_forth_stay_exact() -> None:
    fibonacci = Fibonacci(memo_bytes=2_000)
    for index in [*range(2_000, 2_060), *range(2_060, 1_940, -1), *range(1_940, 2_000)]:
        assert fibonacci.digits(index) == gmpy2.fib(index).digits(10).encode()


def test_negative_index_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        Fibonacci().digits(-1)


def test_value_larger_than_the_memo_is_computed() -> None:
    assert len(Fibonacci(memo_bytes=100).digits(100_000)) == 20_899
