"""pymail.commands.postconf"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from pymail.commands.postconf import Postconf, main, parse
from pymail.config.main_cf import ConfigError
from pymail.log.fatal import FatalError

MASTER = "smtp inet n - n - - smtpd -o smtpd_helo_required=yes\n"


def run(directory: Path, *arguments: str) -> tuple[str, str]:
    out, errors = io.StringIO(), io.StringIO()
    Postconf(parse(["-c", str(directory), *arguments], {}), out, errors).run()
    return out.getvalue(), errors.getvalue()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "main.cf").write_text("relayhost = [a]\nodd = 1\n")
    (tmp_path / "master.cf").write_text(MASTER)
    return tmp_path


def test_a_value_is_shown_and_odd_settings_are_warned_of(directory: Path) -> None:
    warning = f"postconf: warning: {directory}/main.cf: unused parameter: odd=1\n"
    assert run(directory, "relayhost") == ("relayhost = [a]\n", warning)
    assert run(directory, "-q", "relayhost") == ("relayhost = [a]\n", "")


def test_options_may_stand_together(directory: Path) -> None:
    assert run(directory, "-qnh", "relayhost", "max_use")[0] == "[a]\n"
    assert run(directory, "-dh", "relayhost") == ("\n", "")


def test_an_override_is_shown(directory: Path) -> None:
    assert run(directory, "-qn", "-o", "max_use = 3", "max_use")[0] == "max_use = 3\n"


def test_defaults_need_no_files(tmp_path: Path) -> None:
    output, errors = run(tmp_path / "no", "-d")
    assert errors == ""
    assert "\nmail_name = pymail\n" in output
    assert output.count("\n") > 900


def test_everything_that_is_set_is_shown(directory: Path) -> None:
    assert run(directory, "-qn")[0] == f"config_directory = {directory}\nrelayhost = [a]\n"


def test_services_are_shown(directory: Path) -> None:
    line = "smtp       inet  n       -       n       -       -       smtpd"
    assert run(directory, "-M")[0] == f"{line} -o smtpd_helo_required=yes\n"
    assert run(directory, "-Mf")[0] == f"{line}\n    -o smtpd_helo_required=yes\n"
    assert run(directory, "-F", "smtp/inet/type") == ("smtp/inet/type = inet\n", "")
    assert run(directory, "-P") == ("smtp/inet/smtpd_helo_required = yes\n", "")


def test_an_assignment_is_an_edit(directory: Path) -> None:
    run(directory, "relayhost=b")
    run(directory, "-e", "new=1")
    run(directory, "-#", "odd")
    run(directory, "-X", "new")
    assert (directory / "main.cf").read_text() == "relayhost = b\n#odd = 1\n"


def test_services_are_edited(directory: Path) -> None:
    run(directory, "-F", "smtp/inet/chroot=y")
    run(directory, "-PX", "smtp/inet/smtpd_helo_required")
    run(directory, "-Me", "x/unix=x unix - - n - - smtp")
    text = (directory / "master.cf").read_text()
    assert text == (
        "smtp       inet  n       -       y       -       -       smtpd\n"
        "x          unix  -       -       n       -       -       smtp\n"
    )


def test_types_are_listed(directory: Path) -> None:
    assert run(directory, "-l")[0] == "flock\nfcntl\ndotlock\n"
    assert "texthash\n" in run(directory, "-m")[0]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["-z"], "usage: postconf "),
        (["-hH"], "specify one of -h -H"),
        (["-pM"], "specify one of -M -p"),
        (["-Mn"], "with option -M, do not specify -n"),
        (["-e"], "-e requires name=value argument"),
        (["-e", "-x", "a=b"], "specify one of -e -x"),
        (["-X", "a=b"], "specify one of -e -X"),
        (["-C", "bad"], 'unknown -C option value "bad" in "bad"'),
        (["-o", "x"], "invalid parameter override: x: missing '=' after attribute name"),
        (["-P#", "a/b/c"], "with option -P, do not specify -#"),
    ],
)
def test_a_wrong_command_line_is_refused(directory: Path, arguments: list[str], problem: str) -> None:
    with pytest.raises(FatalError) as caught:
        run(directory, *arguments)
    assert str(caught.value).startswith(problem)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="^open .*main.cf: No such file or directory$"):
        run(tmp_path)
    (tmp_path / "main.cf").write_text("")
    with pytest.raises(ConfigError, match="^open .*master.cf: No such file or directory$"):
        run(tmp_path, "-M")
    assert run(tmp_path, "max_use")[1] == f"postconf: warning: open {tmp_path}/master.cf: No such file or directory\n"


def test_the_status(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", str(directory), "-q", "nosuch"]) == 0
    assert capsys.readouterr() == ("", "postconf: warning: nosuch: unknown parameter\n")
    assert main(["-c", str(directory / "no")]) == 1
    expected = f"postconf: fatal: open {directory}/no/main.cf: No such file or directory\n"
    assert capsys.readouterr() == ("", expected)
