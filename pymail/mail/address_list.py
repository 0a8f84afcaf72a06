"""Lists of addresses in header bodies (RFC 5322 §3.4): read them, and rewrite each one in its place.

Any text is accepted. An unchanged header keeps its octets; when an address changes, the whole body is written anew, as
cleanup(8) does: one blank between words, comments behind their address, `, ` between addresses, folded with
line feed and tab before column 70.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pymail.mail.address_token import Kind, Token, external_text, internal_text, tokenize

#: A line of a rewritten header holds fewer characters than this, unless one address needs more.
FOLD_COLUMN: Final = 70
#: Text around one address longer than this is dropped with the comment (a protection of old mail readers).
TEXT_LIMIT: Final = 250
#: What an atom of a phrase can only hold behind a backslash.
_SPECIAL: Final = re.compile(r"""[(<>@,;:\\"\[ \t]""")


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a list; *in_angle*: it stood in angle brackets."""

    tokens: tuple[Token, ...]
    in_angle: bool = False
    #: Comments inside the brackets.
    comments: tuple[Token, ...] = ()

    @property
    def external(self) -> str:
        """The address as the *rewrite* service takes it; empty for `<>`."""
        return external_text(self.tokens, gap="" if self.in_angle else " ")

    @property
    def internal(self) -> str:
        """The address without quotes."""
        return internal_text(self.tokens)


@dataclass(frozen=True, slots=True)
class Text:
    """What stands around addresses: a phrase, a comment, or the `:` and `;` of a group."""

    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Comma:
    """The end of a list member; *written* is False when it is missing between two addresses."""

    written: bool = True


Item = Address | Text | Comma


def parse_list(value: str) -> list[Item]:
    """Parse a header body into addresses and what stands around them, in the order in which it is written anew."""
    tokens = tokenize(value)
    ends = _Ends.of(tokens)
    items: list[Item] = []
    run: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        operator = token.text if token.kind is Kind.OPERATOR else ""
        if operator in (",", ";"):
            items += _addresses(run, items)
            items.append(Comma() if operator == "," else Text((token,)))
            run = []
        elif operator == ":" and position <= ends.last_semicolon:
            items += _phrase(run)
            items.append(Text((token,)))
            run = []
        elif operator == "<" and (close := ends.next_close(position)) >= 0:
            items += _phrase(run)
            items.append(_angle_address(tokens[position:close]))
            run = []
            position = close + 1
        else:
            run.append(token)
    return items + list(_addresses(run, items))


def extract_addresses(value: str) -> list[str]:
    """Return the addresses of a header body in internal spelling, in order; `<>` is left out."""
    found = (item.internal for item in parse_list(value) if isinstance(item, Address))
    return [address for address in found if address]


def rewrite_header_addresses(value: str, rewrite: Callable[[str], str], *, column: int = 0) -> str:
    """Replace each address of a header body by *rewrite* of it (external spelling in and out; `<>` is not passed).

    *column* is the length of what stands before the body on its first line (`To: `). Returns *value* itself when no
    address changes; otherwise the body in Postfix's layout, with `\\n\\t` where it is folded.
    """
    items = parse_list(value)
    changed = False
    spelled: dict[int, str] = {}
    for index, item in enumerate(items):
        if isinstance(item, Address):
            before = item.external
            after = rewrite(before) if before else before
            changed = changed or after != before
            spelled[index] = after
    if not changed:
        return value
    return _fold(_members(items, spelled), column)


@dataclass(slots=True)
class _Ends:
    """Where the closing operators of a token list are."""

    last_semicolon: int
    closes: list[int]

    @classmethod
    def of(cls, tokens: list[Token]) -> _Ends:
        marks: dict[str, list[int]] = {";": [], ">": []}
        for position, token in enumerate(tokens):
            if token.kind is Kind.OPERATOR and token.text in marks:
                marks[token.text].append(position)
        return cls(marks[";"][-1] if marks[";"] else -1, marks[">"][::-1])

    def next_close(self, position: int) -> int:
        """Position of the first `>` at or after *position*; asked with rising positions only."""
        while self.closes and self.closes[-1] < position:
            self.closes.pop()
        return self.closes[-1] if self.closes else -1


def _phrase(run: list[Token]) -> list[Item]:
    return [Text(tuple(run))] if run else []


def _angle_address(inside: list[Token]) -> Address:
    """The address that stands between `<` and `>`."""
    comments = tuple(token for token in inside if token.kind is Kind.COMMENT)
    return Address(tuple(token for token in inside if token.kind is not Kind.COMMENT), True, comments)


def _addresses(run: list[Token], before: list[Item]) -> Iterator[Item]:
    """The addresses of a run without brackets: a new one begins where two operands meet."""
    if any(not _is_stray(token) for token in run) and _ends_with_address(before):
        yield Comma(written=False)
    address: list[Token] = []
    comments: list[Token] = []
    kept = 0  # comments that stand before the last token of the address
    for token in run:
        if token.kind is Kind.COMMENT:
            comments.append(token)
            continue
        if _is_angle(token, ">"):
            yield from _flush(address, comments)
            yield Text((token,))
            address, comments, kept = [], [], 0
            if token is not run[-1]:
                yield Comma(written=False)
            continue
        if token.is_operand and address and address[-1].is_operand:
            yield from _flush(address, comments[:kept])
            yield Comma(written=False)
            address, comments = [], comments[kept:]
        address.append(token)
        kept = len(comments)
    yield from _flush(address, comments)


def _flush(address: list[Token], comments: list[Token]) -> Iterator[Item]:
    if address:
        yield Address(tuple(address))
    if comments:
        yield Text(tuple(comments))


def _is_angle(token: Token, angle: str) -> bool:
    return token.kind is Kind.OPERATOR and token.text == angle


def _is_stray(token: Token) -> bool:
    return token.kind is Kind.COMMENT or _is_angle(token, ">")


def _ends_with_address(items: list[Item]) -> bool:
    """Tell whether an address that follows *items* would touch the one before, or the `;` of a group."""
    for item in reversed(items):
        match item:
            case Comma():
                return False
            case Address():
                return True
            case Text(tokens) if tokens[-1].text in (";", ">"):
                return True
            case Text(tokens) if tokens[-1].text == ":":
                return False
            case Text():
                pass
    return False


@dataclass(slots=True)
class _Member:
    """The text of one list member while it is written."""

    pieces: list[str] = field(default_factory=list)
    last: Token | None = None
    addresses: list[str] = field(default_factory=list)

    def add_text(self, tokens: tuple[Token, ...]) -> None:
        for token in tokens:
            if self._needs_blank(token):
                self.pieces.append(" ")
            atom = token.kind is Kind.ATOM
            self.pieces.append(_SPECIAL.sub(r"\\\g<0>", token.text) if atom else external_text((token,)))
            self.last = token

    def add_address(self, text: str, in_angle: bool, comments: tuple[Token, ...]) -> None:
        if self.pieces and (in_angle or (self.last is not None and self.last.text == ":")):
            self.pieces.append(" ")
        inside = " ".join([text, *(comment.text for comment in comments)])
        self.pieces.append(f"<{inside}>" if in_angle else text)
        self.last = _CLOSE if in_angle else _WORD
        self.addresses.append(text)

    def _needs_blank(self, token: Token) -> bool:
        left = self.last
        if left is None:
            return False
        if left.kind is Kind.OPERATOR:
            return left.text == ":" and (token.is_operand or token.kind is Kind.COMMENT)
        return token.is_operand or token.kind is Kind.COMMENT

    def text(self) -> str:
        """The member; reduced to its address when there is too much around it."""
        text = "".join(self.pieces)
        if self.addresses and len(text) - sum(map(len, self.addresses)) > TEXT_LIMIT:
            return " ".join(f"<{address}>" for address in self.addresses) + (";" if text.endswith(";") else "")
        return text


_CLOSE: Final = Token(Kind.OPERATOR, ">")
_WORD: Final = Token(Kind.ATOM, "")


def _members(items: list[Item], spelled: dict[int, str]) -> list[str]:
    members: list[str] = []
    member = _Member()
    for index, item in enumerate(items):
        match item:
            case Comma():
                members.append(member.text())
                member = _Member()
            case Address(in_angle=in_angle, comments=comments):
                member.add_address(spelled[index], in_angle, comments)
            case Text(tokens):
                member.add_text(tokens)
    return [*members, member.text()]


def _fold(members: list[str], column: int) -> str:
    """Join members with commas; a member that would reach FOLD_COLUMN begins a new line."""
    pieces: list[str] = []
    for index, member in enumerate(members):
        text = member if index == len(members) - 1 else member + ","
        if index:
            if column + 1 + len(text) < FOLD_COLUMN or not text:
                pieces.append(" ")
                column += 1
            else:
                pieces.append("\n\t")
                column = 1
        pieces.append(text)
        column += len(text)
    return "".join(pieces)
