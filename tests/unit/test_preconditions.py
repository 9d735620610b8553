import pytest
from fibcore.http.preconditions import matches


@pytest.mark.parametrize(
    "header", ['"7"', 'W/"7"', '"6", "7"', '"6","7"', ' "7" ', "*", " * ", '"6", , "7"', ',"7"']
)
def test_named_tag_matches(header: str) -> None:
    assert matches(header, '"7"')


@pytest.mark.parametrize(
    "header",
    ["", "7", '"8"', '"7', '7"', 'w/"7"', '"7" "8"', '*, "7"', '"7", x', "'7'", '"77"', '"7";'],
)
def test_other_or_malformed_tags_do_not_match(header: str) -> None:
    assert not matches(header, '"7"')
