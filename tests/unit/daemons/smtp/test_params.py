"""The smtp_ parameters and their lmtp_ mirrors."""

from __future__ import annotations

from pathlib import Path

import pytest

from pymail.config.main_cf import MainCf
from pymail.daemons.smtp.params import LmtpParams, SmtpParams


def test_each_smtp_parameter_has_its_mirror() -> None:
    smtp = {name for name in SmtpParams.declarations() if name.startswith("smtp_")}
    lmtp = {name for name in LmtpParams.declarations() if name.startswith("lmtp_")}
    renamed = {"lmtp_lhlo_name": "smtp_helo_name", "lmtp_lhlo_timeout": "smtp_helo_timeout",
               "lmtp_discard_lhlo_keywords": "smtp_discard_ehlo_keywords"}  # fmt: skip
    mirrored = {renamed.get(name, "smtp_" + name[5:]) for name in lmtp if name != "lmtp_assume_final"}
    assert smtp - mirrored == {"smtp_always_send_ehlo", "smtp_never_send_ehlo"}
    assert mirrored <= smtp


@pytest.mark.parametrize(
    ("attribute", "smtp", "lmtp"),
    [
        ("smtp_connect_timeout", 30, 0),
        ("smtp_skip_quit_response", True, False),
        ("smtp_tcp_port", "smtp", "24"),
        ("smtp_helo_timeout", 300, 300),
    ],
)
def test_defaults_differ_where_postfix_has_it_so(
    tmp_path: Path, attribute: str, smtp: int | str, lmtp: int | str
) -> None:
    (tmp_path / "main.cf").write_text("")
    conf = MainCf.load(str(tmp_path))
    assert getattr(SmtpParams(conf), attribute) == smtp
    assert getattr(LmtpParams(conf), attribute) == lmtp


def test_the_mirror_is_read_under_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "main.cf").write_text("smtp_helo_name = a.test\nlmtp_lhlo_name = b.test\n")
    conf = MainCf.load(str(tmp_path))
    assert (SmtpParams(conf).smtp_helo_name, LmtpParams(conf).smtp_helo_name) == ("a.test", "b.test")
