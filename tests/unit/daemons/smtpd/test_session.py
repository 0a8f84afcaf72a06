"""The SMTP server session, held against dialogues with a real Postfix."""

from __future__ import annotations

import pytest

from tests.support.smtpd_rig import TRANSCRIPTS, World, read_transcript

FILES = sorted(TRANSCRIPTS.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_session_answers_and_logs_like_postfix(path) -> None:
    transcript = read_transcript(path)
    world = World.of(transcript.settings)
    talk = world.connect()
    assert talk.read() == transcript.greeting.answer
    assert talk.transport.closed == transcript.greeting.closes
    for step in transcript.steps:
        answer = talk.send(step.sent)
        assert (step.sent, answer) == (step.sent, step.answer)
        assert talk.transport.closed == step.closes
    if not talk.transport.closed:
        talk.lose()
    assert world.lines == transcript.log
