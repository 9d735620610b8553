import pytest
from fibcore import InvalidSettings, Settings
from fibcore.dynamodb.writer_registry import WRITERS_LIMIT
from server_api.server_settings import ServerSettings

ENOUGH = {"COUNTER_TABLE_NAME": "counter", "AWS_REGION": "eu-west-1"}


def test_unset_variables_give_the_defaults() -> None:
    settings = ServerSettings.from_environ(ENOUGH)
    assert settings.table_name == "counter"
    assert settings.region == "eu-west-1"
    assert settings.endpoint_url is None
    assert settings.max_index == 1_000_000
    assert settings.deadline_seconds == 5
    assert settings.access_log is False
    assert settings.port == 8080
    assert settings.processes == 1
    assert settings.log_level == "info"


def test_region_comes_from_either_variable() -> None:
    environ = {"COUNTER_TABLE_NAME": "counter", "AWS_DEFAULT_REGION": "eu-west-1"}
    assert Settings.from_environ(environ).region == "eu-west-1"


def test_empty_variable_counts_as_unset() -> None:
    assert ServerSettings.from_environ({**ENOUGH, "PORT": ""}).port == 8080


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
        ("LOG_LEVEL", "loud"),
    ],
)
@pytest.mark.parametrize("settings", [Settings, ServerSettings])
def test_invalid_value_is_named_in_one_line(
    settings: type[Settings], name: str, value: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        settings.from_environ({**ENOUGH, name: value})
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FIB_ACCESS_LOG", "yes"),
        ("FIB_ACCESS_LOG", "2"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("WEB_CONCURRENCY", "0"),
        ("WEB_CONCURRENCY", "17"),
    ],
)
def test_only_the_server_reads_its_settings(name: str, value: str) -> None:
    environ = {**ENOUGH, name: value}
    with pytest.raises(InvalidSettings) as refused:
        ServerSettings.from_environ(environ)
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)
    Settings.from_environ(environ)


def test_two_servers_of_most_processes_have_entries() -> None:
    environ = {**ENOUGH, "WEB_CONCURRENCY": "16"}
    assert 2 * ServerSettings.from_environ(environ).processes <= WRITERS_LIMIT


def test_all_invalid_variables_are_named_together() -> None:
    with pytest.raises(InvalidSettings) as refused:
        ServerSettings.from_environ({"PORT": "x"})
    for name in ("COUNTER_TABLE_NAME", "AWS_REGION", "AWS_DEFAULT_REGION", "PORT"):
        assert name in str(refused.value)


def test_every_variable_of_a_class_is_listed() -> None:
    core = {variable.name for variable in Settings.variables()}
    server = {variable.name for variable in ServerSettings.variables()}
    assert server - core == {"FIB_ACCESS_LOG", "PORT", "WEB_CONCURRENCY"}
    assert core < server
