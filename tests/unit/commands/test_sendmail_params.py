"""The parameters of sendmail and postdrop."""

from __future__ import annotations

from pymail.commands.sendmail_params import MaildropParams, SendmailParams
from pymail.config.main_cf import MainCf


def test_the_defaults_are_those_of_postfix() -> None:
    params = SendmailParams(MainCf("/nonexistent"))
    assert (params.message_size_limit, params.line_length_limit, params.header_size_limit) == (10240000, 2048, 102400)
    assert (params.sendmail_fix_line_endings, params.verp_delimiter_filter) == ("always", "-=+")
    assert params.authorized_submit_users == "static:anyone"


def test_sendmail_reads_all_that_postdrop_reads() -> None:
    assert set(MaildropParams.declarations()) < set(SendmailParams.declarations())
