"""What postmap and postalias do with tables. Output and status were compared with Postfix 3.7."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from pymail.commands.postalias import POSTALIAS
from pymail.commands.postmap import POSTMAP
from pymail.commands.table_tool import Dialect, TableTool, parse
from pymail.log.fatal import FatalError
from pymail.tables.base import TableOpenError
from pymail.tables.context import TableContext
from tests.support.instance import scratch_folder
from tests.support.tables import Lines, make_context


def run(
    *arguments: str, stdin: str = "", dialect: Dialect = POSTMAP, context: TableContext | None = None
) -> tuple[int, str]:
    out = io.StringIO()
    context = context or make_context(surrogates=False)
    try:
        status = TableTool(dialect, parse(dialect, arguments, {}), context, io.StringIO(stdin), out).run()
    finally:
        context.files.close()
    return status, out.getvalue()


class TestCommandLine:
    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            pytest.param(["-q"], "usage: postmap [", id="no-argument"),
            pytest.param(["-Z"], "usage: postmap [", id="unknown-option"),
            pytest.param([], "usage: postmap [", id="no-table"),
            pytest.param(["-q", "a", "-d", "b", "x"], "specify only one of -d -i -q or -s", id="two-modes"),
            pytest.param(["-s", "-i", "x"], "specify only one of -d -i -q or -s", id="dump-and-insert"),
            pytest.param(["-b", "x"], 'specify -b -h or -m only with "-q -"', id="body-without-query"),
            pytest.param(["-m", "-q", "a", "x"], 'specify -b -h or -m only with "-q -"', id="mime-of-a-key"),
        ],
    )
    def test_it_is_refused(self, arguments: list[str], error: str) -> None:
        with pytest.raises(FatalError) as caught:
            parse(POSTMAP, arguments, {})
        assert str(caught.value).startswith(error)

    def test_the_directory_comes_from_the_option_or_the_environment(self) -> None:
        assert parse(POSTMAP, ["-c", "/x", "t"], {"MAIL_CONFIG": "/y"}).directory == "/x"
        assert parse(POSTMAP, ["t"], {"MAIL_CONFIG": "/y"}).directory == "/y"

    def test_both_nul_options_are_taken(self) -> None:
        assert parse(POSTMAP, ["-N", "-n", "t"], {}).write_rules.nul
        assert not parse(POSTMAP, ["-n", "t"], {}).write_rules.nul


class TestQuery:
    def test_a_value_is_printed(self) -> None:
        assert run("-q", "A", "inline:{{a=b c}}") == (0, "b c\n")
        assert run("-q", "x", "inline:{a=b}") == (1, "")

    def test_the_first_table_that_has_it_counts(self) -> None:
        assert run("-q", "a", "inline:{x=1}", "inline:{a=2}", "fail:x") == (0, "2\n")

    def test_case_can_count(self) -> None:
        assert run("-f", "-q", "A", "inline:{a=b}") == (1, "")

    def test_keys_come_from_standard_input(self) -> None:
        assert run("-q", "-", "inline:{a=1,b=2}", stdin="a\nx\nB\n") == (0, "a\t1\nB\t2\n")
        assert run("-q", "-", "inline:{a=1}", stdin="x\n") == (1, "")

    def test_json(self) -> None:
        assert run("-j", "-q", "a", "static:é") == (0, '{"a": "é"}\n')

    def test_an_empty_result_is_printed_and_complained_about(self) -> None:
        log = Lines()
        assert run("-q", "a", "inline:{a=}", context=make_context(log, surrogates=False)) == (0, "\n")
        assert log.lines == [
            "warning: table inline:{a=}: key a: empty string result is not allowed",
            "warning: table inline:{a=} should return NO RESULT in case of NOT FOUND",
        ]

    def test_a_failing_table_is_fatal(self) -> None:
        with pytest.raises(FatalError, match="^table fail:x: query error: Application error$"):
            run("-q", "a", "fail:x")

    def test_a_message_is_cut_into_headers_and_body(self) -> None:
        table = "regexp:{{/^subject:/ S},{/body/ B}}"
        message = "Subject: a\n  b\n\nbody\n"
        assert run("-h", "-q", "-", table, stdin=message) == (0, "Subject: a\n  b\tS\n")
        assert run("-b", "-q", "-", table, stdin=message) == (0, "body\tB\n")
        log = Lines()
        run("-m", "-q", "-", table, stdin=message, context=make_context(log, surrogates=False))
        assert log.lines == ["warning: ignoring -m option without -b or -h"]


class TestBuild:
    def test_a_source_becomes_a_table(self, tmp_path: Path) -> None:
        source = tmp_path / "t"
        source.write_text("B 2\na 1\n")
        source.chmod(0o640)
        assert run(str(source)) == (0, "")
        assert run("-s", f"lmdb:{source}") == (0, "a\t1\nb\t2\n")
        assert run("-j", "-s", f"lmdb:{source}") == (0, '{"a": "1"}\n{"b": "2"}\n')
        assert (tmp_path / "t.lmdb").stat().st_mode & 0o777 == 0o640

    def test_permissions_can_be_the_default_ones(self, tmp_path: Path) -> None:
        source = tmp_path / "t"
        source.write_text("a 1\n")
        source.chmod(0o600)
        run("-p", f"lmdb:{source}")
        assert (tmp_path / "t.lmdb").stat().st_mode & 0o777 == 0o644

    def test_an_alias_database_says_that_it_is_complete(self, tmp_path: Path) -> None:
        source = tmp_path / "aliases"
        source.write_text('Root: joe\n"a b": c\n')
        run(f"lmdb:{source}", dialect=POSTALIAS)
        assert run("-s", f"lmdb:{source}", dialect=POSTALIAS) == (0, "@:\t@\na b:\tc\nroot:\tjoe\n")
        assert run("-q", "a b", f"lmdb:{source}", dialect=POSTALIAS) == (0, "c\n")
        assert run("-q", "-", f"lmdb:{source}", stdin="root\n", dialect=POSTALIAS) == (0, "root:\tjoe\n")

    @pytest.mark.parametrize(
        ("table", "error"),
        [
            pytest.param("lmdb:/nonexistent/x", "open /nonexistent/x: No such file or directory", id="no-source"),
            pytest.param("cidr:/x", "no 'map create' support for this type: cidr", id="read-only"),
            pytest.param("proxy:lmdb:/x", "can't create maps via the proxy service", id="proxy"),
            pytest.param("xyz:/x", "unsupported dictionary type: xyz", id="unknown"),
        ],
    )
    def test_it_is_refused(self, table: str, error: str) -> None:
        with pytest.raises(TableOpenError) as caught:
            run(table)
        assert str(caught.value) == error

    def test_a_key_that_cannot_be_stored_is_fatal_and_the_old_table_stays(self, tmp_path: Path) -> None:
        source = tmp_path / "t"
        source.write_text("a 1\n")
        run(f"lmdb:{source}")
        source.write_text("b 2\n" + "k" * 600 + " 1\n")
        with pytest.raises(FatalError, match="write error"):
            run(f"lmdb:{source}")
        assert run("-s", f"lmdb:{source}") == (0, "a\t1\n")

    def test_values_can_be_files(self, tmp_path: Path) -> None:
        (tmp_path / "one").write_text("data1\n")
        (tmp_path / "two").write_text("data2")
        source = tmp_path / "t"
        source.write_text(f"k {tmp_path}/one, {tmp_path}/two\nm {tmp_path}/none\n")
        log = Lines()
        run("-F", f"lmdb:{source}", context=make_context(log, surrogates=False))
        assert log.lines == [
            f"warning: {source}, line 2: open {tmp_path}/none: No such file or directory: skipping this entry"
        ]
        assert run("-F", "-q", "k", f"lmdb:{source}") == (0, "data1\n\ndata2\n")
        assert run("-q", "k", f"lmdb:{source}") == (0, "ZGF0YTEKCmRhdGEy\n")
        assert run("-F", "-s", f"lmdb:{source}") == (0, "k\tdata1\n\ndata2\n")
        assert run("-F", "-q", "k", f"texthash:{source}") == (0, "data1\n\ndata2\n")
        with pytest.raises(FatalError, match="malformed BASE64"):
            run("-F", "-q", "k", "static:!")


class TestEntries:
    def test_entries_are_added_from_standard_input(self, tmp_path: Path) -> None:
        table = f"lmdb:{tmp_path}/t"
        log = Lines()
        context = make_context(log, surrogates=False)
        assert run("-i", table, stdin="a 1\nnoval\n", context=context) == (0, "")
        assert log.lines == ["warning: stdin, line 2: expected format: key whitespace value"]
        assert run("-i", table, stdin="A 2\n") == (0, "")
        assert run("-w", "-i", table, stdin="a 2\n") == (0, "")
        assert run("-s", table) == (0, "a\t1\n")
        assert run("-r", "-i", table, stdin="a 2\n") == (0, "")
        assert run("-s", table) == (0, "a\t2\n")

    def test_entries_are_removed(self, tmp_path: Path) -> None:
        table = f"lmdb:{tmp_path}/t"
        run("-i", table, stdin="a 1\nb 2\nc 3\n")
        assert run("-d", "A", table) == (0, "")
        assert run("-d", "a", table) == (1, "")
        assert run("-d", "-", table, stdin="x\nb\n") == (0, "")
        assert run("-s", table) == (0, "c\t3\n")

    @pytest.mark.parametrize("option", [["-i"], ["-d", "a"]])
    def test_other_types_are_read_only(self, option: list[str]) -> None:
        with pytest.raises(FatalError, match="^inline:{a=b} map requires O_RDONLY access mode$"):
            run(*option, "inline:{a=b}")

    def test_a_source_can_be_listed(self, tmp_path: Path) -> None:
        source = tmp_path / "t"
        source.write_text("A 1\n")
        assert run("-s", f"texthash:{source}") == (0, "a\t1\n")
        with pytest.raises(FatalError, match="can't sequence maps via the proxy service"):
            run("-s", f"proxy:lmdb:{source}")
        with pytest.raises(FatalError, match="^table static:x: sequence operation is not supported$"):
            run("-s", "static:x")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up rights")
def test_a_table_belongs_to_the_owner_of_its_source() -> None:
    with scratch_folder() as folder:
        folder.chmod(0o777)
        source = folder / "t"
        source.write_text("a 1\n")
        os.chown(source, 1, 1)
        pid = os.fork()
        if pid == 0:
            try:
                run(f"lmdb:{source}")
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        assert (folder / "t.lmdb").stat().st_uid == 1
