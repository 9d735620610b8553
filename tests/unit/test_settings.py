import pytest
from fibcore import InvalidSettings, Settings

ENOUGH = {"COUNTER_TABLE_NAME": "counter", "AWS_REGION": "eu-west-1"}


def test_the_least_environment_gives_the_defaults() -> None:
    settings = Settings.from_environ(ENOUGH)
    assert settings.table_name == "counter"
    assert settings.region == "eu-west-1"
    assert settings.endpoint_url is None
    assert settings.max_index == 1_000_000
    assert settings.deadline_seconds == 5
    assert settings.access_log is False
    assert settings.port == 8080
    assert settings.processes == 1
    assert settings.log_level == "info"


def test_the_region_may_come_from_either_variable() -> None:
    environ = {"COUNTER_TABLE_NAME": "counter", "AWS_DEFAULT_REGION": "eu-west-1"}
    assert Settings.from_environ(environ).region == "eu-west-1"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environ({**ENOUGH, "PORT": ""}).port == 8080


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTER_TABLE_NAME", ""),
        ("AWS_ENDPOINT_URL_DYNAMODB", "localhost:8000"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://localhost:port"),
        ("FIB_MAX_INDEX", "0"),
        ("FIB_MAX_INDEX", "10000001"),
        ("FIB_MAX_INDEX", "many"),
        ("FIB_DEADLINE_SECONDS", "0.4"),
        ("FIB_DEADLINE_SECONDS", "26"),
        ("FIB_DEADLINE_SECONDS", "nan"),
        ("FIB_ACCESS_LOG", "yes"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("WEB_CONCURRENCY", "0"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_senseless_value_is_refused_in_one_line_with_its_name(name: str, value: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_environ({**ENOUGH, name: value})
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


def test_every_variable_at_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_environ({"PORT": "x"})
    for name in ("COUNTER_TABLE_NAME", "AWS_REGION", "AWS_DEFAULT_REGION", "PORT"):
        assert name in str(refused.value)
