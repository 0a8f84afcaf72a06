from __future__ import annotations

import pytest

from pymail.log.events import pickup as events


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (events.picked_up("A1", 0, "alice@x.test"), "A1: uid=0 from=<alice@x.test>"),
        (events.picked_up("A1", 102, "", "OLD"), "A1: uid=102 from=<> orig_id=OLD"),
        (events.queued_for_days("A1", "maildrop/B", 3), "A1: message maildrop/B has been queued for 3 days"),
        (events.in_the_future("A1", "maildrop/B", 9000), "A1: message maildrop/B dated 9000 seconds into the future"),
        (events.bad_record(5, 112), "uid=5: unexpected or malformed record type 112"),
    ],
)
def test_the_words_are_those_of_postfix(line: str, text: str) -> None:
    assert line == text
