"""A stage's name and its settings, which belong to the stage and not to a command line."""

from pathlib import Path

import pytest

from infra.stage import STAGES_FILE, Stage


@pytest.mark.parametrize("name", ["Dev", "1st", "a-b", "a" * 17, "dev;ls"])
def test_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="STAGE is a letter and"):
        Stage.load(name)


def test_settings_are_read_at_each_deploy(tmp_path: Path) -> None:
    file = tmp_path / "stages.toml"
    file.write_text('[demo]\ndomain = "fib.example.org"\nhosted_zone = "Z1"\nmin_tasks = 3\n')
    expected = Stage(name="demo", domain="fib.example.org", hosted_zone="Z1", min_tasks=3)
    assert Stage.load("demo", file) == expected
    assert Stage.load("other", file) == Stage(name="other")
    assert Stage.load("", file).name == "dev"


def test_example_in_the_file_is_valid(tmp_path: Path) -> None:
    """Prove that the commented example works when its comment marks are removed."""
    lines = STAGES_FILE.read_text().splitlines()
    start = lines.index("# [demo]")
    end = lines.index("#", start)
    example = tmp_path / "stages.toml"
    example.write_text("\n".join(line.removeprefix("# ") for line in lines[start:end]))
    demo = Stage.load("demo", example)
    defaults = Stage(name="demo")
    settings = [name for name in Stage.__slots__ if name not in ("name", "monthly_budget_dollars")]
    assert all(getattr(demo, name) != getattr(defaults, name) for name in settings)


def test_prod_has_two_tasks_and_an_access_log() -> None:
    prod = Stage.load("prod")
    assert prod.min_tasks >= 2
    assert prod.access_log


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('domian = "fib.example.org"', "unknown setting 'domian'; known are domain, hosted_zone"),
        ('domain = "fib.example.org"', "domain and hosted_zone"),
        ('min_tasks = "2"', "min_tasks of stage demo can't be '2'"),
        ("min_tasks = true", "min_tasks of stage demo can't be True"),
        ("min_tasks = 0", "min_tasks is at least 1"),
        ("reserved_concurrency = 0", "reserved_concurrency is at least 1"),
        ('alarm_email = "ops"', "alarm_email is an e-mail address, not 'ops'"),
        ("monthly_budget_dollars = -1", "monthly_budget_dollars is at least 0"),
    ],
)
def test_invalid_setting_is_refused(settings: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "stages.toml"
    file.write_text(f"[demo]\n{settings}\n")
    with pytest.raises(ValueError, match=says):
        Stage.load("demo", file)
