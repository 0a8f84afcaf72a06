"""Which directory holds main.cf and master.cf. Light."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_DIRECTORY = "/etc/postfix"


def config_directory(option: str | None, environ: Mapping[str, str]) -> str:
    """Return the directory of -c (*option*), else of MAIL_CONFIG, else Postfix's own."""
    return option or environ.get("MAIL_CONFIG") or DEFAULT_DIRECTORY
