"""The release of pymail, and the release of Postfix whose behaviour it follows. Light."""

from __future__ import annotations

#: What `mail_version` says: policy servers and milters read it.
MAIL_VERSION = "3.12.0"

#: What `pymail_version` says; the same as in pyproject.toml.
PYMAIL_VERSION = "0.1.0"
