"""Lines of the SMTP client, against golden ones."""

from __future__ import annotations

import pytest

from pymail.log.events import smtp

SERVER = "h[127.0.0.1]:25"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (smtp.connect_failed(f"connect to {SERVER}: Connection refused"), f"connect to {SERVER}: Connection refused"),
        (smtp.next_server("A1", "host h said: 450 x"), "A1: host h said: 450 x"),
        (smtp.breaking_lines("A1", 998), "A1: breaking line > 998 bytes with <CR><LF>SPACE"),
        (smtp.greeted_with_own_name(SERVER, "me"), f"host {SERVER} greeted me with my own hostname me"),
        (smtp.answered_with_own_name(SERVER, "me"), f"host {SERVER} replied to HELO/EHLO with my own hostname me"),
        (smtp.configuration_problem("relayhost"), "relayhost configuration problem"),
    ],
)
def test_the_words_are_those_of_postfix(line: str, text: str) -> None:
    assert line == text
