"""pymail.config.find"""

from __future__ import annotations

import pytest

from pymail.config.find import config_directory


@pytest.mark.parametrize(
    ("option", "environ", "directory"),
    [
        pytest.param("/a", {"MAIL_CONFIG": "/b"}, "/a", id="option"),
        pytest.param(None, {"MAIL_CONFIG": "/b"}, "/b", id="environment"),
        pytest.param(None, {}, "/etc/postfix", id="default"),
    ],
)
def test_the_directory_is_found(option: str | None, environ: dict[str, str], directory: str) -> None:
    assert config_directory(option, environ) == directory
