"""Bugs put in on purpose, each of which the fault tests have to find."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

_ROOT = Path(__file__).parents[2]
_SOURCE = _ROOT / "packages" / "fibcore" / "src"


class Edit(NamedTuple):
    """One place changed: a module of fibcore, what stands there once, and what does then."""

    module: str
    old: str
    new: str


BUGS: dict[str, tuple[Edit, ...]] = {
    "rule-1-an-id-for-all": (
        Edit(
            "dynamodb/writer_registry",
            '"".join(_random.choices(ascii_letters + digits, k=_ID_LENGTH))',
            '"shared"',
        ),
        Edit("dynamodb/repository", " AND attribute_not_exists(#number)", ""),
    ),
    "rule-2-no-entry-required": (
        Edit(
            "dynamodb/repository",
            '" AND #number < :first"',
            '" AND (attribute_not_exists(#number) OR #number < :first)"',
        ),
    ),
    "rule-3-each-plan-its-own-condition": (
        Edit("counter/batch_writer", "settling.first, number)", "number, number)"),
    ),
    "rule-4-no-fence-before-a-refusal": (
        Edit(
            "counter/batch",
            "plan.movement is None and not self.batch.unanswered:",
            "plan.movement is None:",
        ),
    ),
    "rule-4-leaving-in-doubt-is-unavailable": (
        Edit("counter/batch_queue", "if self.unanswered\n", "if False\n"),
    ),
    "rule-5-pruned-though-alive": (
        Edit(
            "dynamodb/writer_registry", "STALE_SECONDS: Final = 60.0", "STALE_SECONDS: Final = 0.2"
        ),
        Edit(
            "dynamodb/repository",
            'update(\n                UpdateExpression="REMOVE #number, #index",\n'
            '                ConditionExpression="#number = :number"',
            'update(\n                UpdateExpression="REMOVE #number, #index",\n'
            '                ConditionExpression="#number >= :number"',
        ),
    ),
    "rule-5-no-limit": (
        Edit(
            "dynamodb/writer_registry",
            "writers <= WRITERS_LIMIT and",
            "True or",
        ),
    ),
    "bounds-before-the-write": (
        Edit(
            "dynamodb/repository",
            '            condition = "#value >= :lowest AND #value <= :highest"\n'
            '            values[":lowest"] = {"N": str(movement.lowest)}\n'
            '            values[":highest"] = {"N": str(movement.highest)}\n',
            "            found = self.read()\n"
            '            stored = int(found[INDEX_NAME]["N"])\n'
            "            if not movement.lowest <= stored <= movement.highest:\n"
            "                raise ConditionFailed(found)\n"
            '            condition = "attribute_exists(#value)"\n',
        ),
    ),
    "eventually-consistent-read": (
        Edit("dynamodb/repository", "ConsistentRead=True", "ConsistentRead=False"),
    ),
    "botocore-repeats-writes": (
        Edit("dynamodb/client", '"total_max_attempts": 1', '"total_max_attempts": 4'),
    ),
    "a-read-joins-one-in-flight": (
        Edit(
            "counter/batching",
            "                    batch.waiting.clear()\n",
            "                    batch.waiting.clear()\n"
            "                    late = self.reads._batches.pop()\n"
            "                    self.reads._batches.append(Batch(batch.lock))\n"
            "                    for step in late.waiting:\n"
            "                        step.outcome = index\n"
            "                    late.waiting.clear()\n"
            "                    late.done.set()\n",
        ),
    ),
    "acknowledged-before-the-write": (
        Edit(
            "counter/batch_writer",
            "settling.answer(plan, self._table.move(plan.movement, mark))",
            "found = 0 if plan.movement.restart else parse_index(self._table.read())\n"
            "            settling.answer(plan, (found or 0) + plan.movement.net)\n"
            "            settling.batch.done.set()\n"
            "            self._table.move(plan.movement, mark)",
        ),
    ),
}


def with_bug(name: str | None) -> AbstractContextManager[dict[str, str]]:
    """Yield the environment of backends that have the bug, or of sound ones for None."""
    return edited(BUGS[name]) if name else nullcontext({})


@contextmanager
def edited(edits: Iterable[Edit]) -> Iterator[dict[str, str]]:
    """Yield the environment of processes in which the core has been edited so."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(shutil.copytree(_SOURCE, Path(folder) / "src"))
        for edit in edits:
            path = source / "fibcore" / f"{edit.module}.py"
            text = path.read_text()
            assert text.count(edit.old) == 1, f"{edit.module}.py has changed: {edit.old!r}"
            path.write_text(text.replace(edit.old, edit.new))
        yield {"PYTHONPATH": str(source)}
