"""The `If-None-Match` precondition (RFC 9110, section 13.1.2)."""

import re

# One member of the list, with its comma. A member may be empty (RFC 9110, sections 5.6.1 and
# 8.8.3).
_MEMBER = re.compile(r'[ \t]*(?:(?:W/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(?:,|\Z)')


def matches(if_none_match: str, etag: str) -> bool:
    """Tell whether the header's value names `etag`, by weak comparison.

    Args:
        if_none_match: A list of entity tags, or `*`; a malformed list matches no tag.
        etag: A strong entity tag, with its quotes.
    """
    if if_none_match.strip(" \t") == "*":
        return True
    found = False
    position = 0
    while position < len(if_none_match):
        member = _MEMBER.match(if_none_match, position)
        if member is None:
            return False
        found = found or member[1] == etag
        position = member.end()
    return found
