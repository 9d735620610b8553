"""Bugs in the calls to DynamoDB: their outcomes, their time limit, the reads."""

from typing import Any

from tests.faults.bug import HISTORIES, SIMULATION, bug, wrap

# The outcome of a call.


@bug("fibcore.dynamodb.client", "almost half of all writes unanswered")
def botocore_repeats_writes(client: Any) -> None:
    """botocore retries by itself."""
    wrap(
        client,
        "Config",
        lambda original, **options: original(
            **options | {"retries": {"total_max_attempts": 4, "mode": "standard"}}
        ),
    )


@bug("fibcore.dynamodb.error_classification", "a forward proxy", "a forward proxy's tunnel")
def a_proxy_error_means_not_sent(error_classification: Any) -> None:
    """A connection that broke behind a proxy counts as never made."""

    def outcome(original: Any, error: Exception, **more: Any) -> Exception:
        if type(error).__name__ == "ProxyConnectionError":
            unavailable: Exception = error_classification.Unavailable(str(error), transient=True)
            return unavailable
        found: Exception = original(error, **more)
        return found

    wrap(error_classification, "classify", outcome)


@bug("fibcore.dynamodb.error_classification", "answers that are not DynamoDB's")
def any_4xx_is_a_refusal(error_classification: Any) -> None:
    """A 4xx counts as DynamoDB's own refusal, whoever answered it."""

    def answered(original: Any, error: Any) -> Exception:
        outcome: Exception = original(error)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if isinstance(outcome, error_classification.OutcomeUnknown) and 400 <= status < 500:
            outcome = error_classification.Refused(str(error), transient=True)
        return outcome

    wrap(error_classification, "_classify_answer", answered)


@bug("fibcore.dynamodb.error_classification", "answers that are not DynamoDB's", SIMULATION)
def not_sent_is_the_default(error_classification: Any) -> None:
    """An error that is not known counts as never sent."""

    def outcome(original: Any, error: Exception, **more: Any) -> Exception:
        found: Exception = original(error, **more)
        if isinstance(found, error_classification.OutcomeUnknown) and not isinstance(
            error, error_classification.ClientError
        ):
            found = error_classification.Unavailable(str(error), transient=True)
        return found

    wrap(error_classification, "classify", outcome)


@bug("fibcore.dynamodb.error_classification", "answers that are not DynamoDB's")
def a_malformed_answer_raises(error_classification: Any) -> None:
    """What goes wrong in reading an answer is raised as it is."""

    def outcome(original: Any, error: Exception, **more: Any) -> Exception:
        malformed = isinstance(error, KeyError | TypeError | ValueError | AttributeError)
        found: Exception = error if malformed else original(error, **more)
        return found

    wrap(error_classification, "classify", outcome)


@bug("fibcore.dynamodb.client", "a slow table")
def a_slow_call_is_given_up(client: Any) -> None:
    """A call may take two fifths of the deadline, so a slow table answers nobody."""
    wrap(
        client,
        "Config",
        lambda original, **options: original(
            **options | {"read_timeout": options["read_timeout"] * 2 / 3}
        ),
    )


@bug("fibcore.dynamodb.client", "dripping answers")
def a_call_has_no_time_limit(client: Any) -> None:
    """An answer that arrives byte by byte is waited for."""
    wrap(
        client.OneShotClient,
        "__init__",
        lambda original, self, connection, _: original(self, connection, lambda call, _: call()),
    )


@bug("fibcore.dynamodb.client", "a slow network")
def eventually_consistent_read(client: Any) -> None:
    """Reads may return an old index."""

    def send(original: Any, self: Any, operation: str, read: Any, **parameters: Any) -> Any:
        if "ConsistentRead" in parameters:
            parameters["ConsistentRead"] = False
        return original(self, operation, read, **parameters)

    wrap(client.OneShotClient, "send", send)


@bug("fibcore.counter.batching", HISTORIES, "a slow network", SIMULATION)
def a_read_joins_one_in_flight(batching: Any) -> None:
    """A read's answer is also given to the reads that arrived while it was in flight."""

    def read_batch(original: Any, self: Any, batch: Any) -> None:
        answer_all = batch.answer_all

        def answer_late_ones_too(index: Any) -> None:
            answer_all(index)
            late = self.reads._batches.pop()
            self.reads._batches.append(type(batch)(self.reads._lock))
            late.answer_all(index)
            late.done.set()

        batch.answer_all = answer_late_ones_too
        original(self, batch)

    wrap(batching.BatchingCounter, "_read_batch", read_batch)
