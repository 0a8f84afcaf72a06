"""postconf on master.cf: show and change entries (-M), fields (-F) and `-o` parameters (-P)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TextIO

from pymail.commands.postconf_catalog import overrides
from pymail.commands.postconf_main import FOLD_INDENT, FOLD_WIDTH, Show, Warn, check_edit_argument, split_setting
from pymail.config.edit import EditableText, Entry, edit_file
from pymail.config.main_cf import MainCf
from pymail.config.master_cf import FIELDS, TYPES, RawEntry, raw_entry, split_override
from pymail.log.fatal import FatalError
from pymail.util.lines import SPACES
from pymail.util.units import parse_integer

#: Columns of the fields before the command.
WIDTHS: Final = (10, 5, 7, 7, 7, 7, 7)
COMMAND: Final = FIELDS.index("command")


def checked(entry: RawEntry, path: str, *, context: str | None = None) -> RawEntry:
    """Return *entry* if its fields are right.

    Raises:
        FatalError: they are not.
    """
    if len(entry.fields) < len(FIELDS):
        raise FatalError(f"file {path}: line {entry.line}: bad field count" if context is None else context)
    for index, text in enumerate(entry.fields[:COMMAND]):
        if not _is_valid(index, text):
            raise FatalError(f'invalid {FIELDS[index]} field "{text}" in "{entry.text}"')
    return entry


def _is_valid(index: int, text: str) -> bool:
    field = FIELDS[index]
    if field == "type":
        return text in TYPES
    if field in ("private", "unprivileged", "chroot"):
        return text in ("y", "n", "-")
    if field in ("wakeup", "process_limit"):
        number = text.removesuffix("?") if field == "wakeup" and len(text) > 1 else text
        try:
            return number == "-" or parse_integer(number) >= 0
        except ValueError:
            return False
    return bool(text)


def normal_arguments(entry: RawEntry) -> list[str]:
    """Return the arguments as they are shown: `-o name=value` as one word, in braces if the value has blanks."""
    shown: list[str] = []
    words = list(entry.arguments)
    position = 0
    while position < len(words) and words[position].startswith("-"):
        word = words[position]
        position += 1
        setting = word[2:] if word.startswith("-o") and len(word) > 2 else ""
        if word == "-o" and position < len(words):
            setting = words[position]
            position += 1
        if not setting:
            shown.append(word)
            continue
        try:
            name, value = split_override(setting)
        except ValueError:
            shown.append(f"-o {setting}")
            continue
        shown.append(f"-o {override_text(name, value)}")
    return shown + [_trimmed_group(word) for word in words[position:]]


def override_text(name: str, value: str) -> str:
    """Return "name=value" as one argument of master.cf."""
    text = f"{name}={value}"
    return f"{{{text}}}" if any(blank in text for blank in SPACES) else text


def _trimmed_group(word: str) -> str:
    if word.startswith("{") and word.endswith("}"):
        return "{" + word[1:-1].strip(SPACES) + "}"
    return word


def command_text(entry: RawEntry) -> str:
    """Return command and arguments in one line."""
    return " ".join([entry.fields[COMMAND], *normal_arguments(entry)])


def entry_text(entry: RawEntry, *, folded: bool) -> str:
    """Return a whole entry in columns; *folded* puts each option on a line of its own."""
    columns = [text.ljust(width) for text, width in zip(entry.fields, WIDTHS, strict=False)]
    line = " ".join([_fitted(columns), entry.fields[COMMAND]])
    arguments = normal_arguments(entry)
    if not folded:
        return " ".join([line, *arguments])
    lines = [line]
    alone = False  # the line before is a -o setting
    options = True
    for argument in arguments:
        options = options and argument.startswith("-")
        setting = options and argument.startswith("-o ")
        if setting or alone or len(lines[-1]) + 1 + len(argument) > FOLD_WIDTH:
            lines.append(FOLD_INDENT + argument)
        else:
            lines[-1] += " " + argument
        alone = setting
    return "\n".join(lines)


def _fitted(columns: Sequence[str]) -> str:
    """Join columns; what a long field takes beyond its width, the next one gives of its padding."""
    line = ""
    end = 0
    for column, width in zip(columns, WIDTHS, strict=True):
        if line:
            line += " "
            end += 1
        end += width
        line += column.rstrip()
        line = line.ljust(end)
    return line


def matches(pattern: Sequence[str], *values: str) -> bool:
    """Say whether the parts of a request ("smtp/inet/...", "*" for any) select *values*; absent parts select all."""
    return all(part in ("*", value) for part, value in zip(pattern, values, strict=False))


def show_entries(entries: Sequence[RawEntry], requests: Sequence[str], show: Show, out: TextIO, warn: Warn) -> None:
    """-M: print the entries that match "service/type" requests."""
    for request in requests or ("*",):
        found = False
        for entry in entries:
            if matches(request.split("/", 1), *entry.fields[:2]):
                found = True
                out.write(entry_text(entry, folded=show.folded) + "\n")
        _warn_unmatched(found, request, requests, warn)


def show_fields(entries: Sequence[RawEntry], requests: Sequence[str], show: Show, out: TextIO, warn: Warn) -> None:
    """-F: print fields as "service/type/field = value"."""
    for request in requests or ("*",):
        pattern = request.split("/", 2)
        if len(pattern) == 3 and pattern[2] != "*":
            field_index(pattern[2])
        found = False
        for entry in entries:
            for index, field in enumerate(FIELDS):
                if matches(pattern, *entry.fields[:2], field):
                    found = True
                    value = command_text(entry) if index == COMMAND else entry.fields[index]
                    out.write(show.line("/".join((*entry.fields[:2], field)), value))
        _warn_unmatched(found, request, requests, warn)


def show_parameters(
    conf: MainCf, entries: Sequence[RawEntry], requests: Sequence[str], show: Show, out: TextIO, warn: Warn
) -> None:
    """-P: print `-o` settings as "service/type/name = value"."""
    for request in requests or ("*",):
        pattern = request.split("/", 2)
        found = False
        for entry in entries:
            settings = dict(overrides(entry))
            local = conf.with_overrides({**settings, "service_name": entry.fields[0]}) if show.expanded else conf
            for name, value in sorted(settings.items()):
                if matches(pattern, *entry.fields[:2], name):
                    found = True
                    text = local.expanded(name, value) if show.expanded else value
                    out.write(show.line("/".join((*entry.fields[:2], name)), text))
        _warn_unmatched(found, request, requests, warn)


def _warn_unmatched(found: bool, request: str, requests: Sequence[str], warn: Warn) -> None:
    if not found and requests:
        warn(f'unmatched request: "{request}"')


def field_index(name: str) -> int:
    """Return the place of a field by its name.

    Raises:
        FatalError: there is none of that name.
    """
    if name not in FIELDS:
        raise FatalError(f'invalid service attribute name: "{name}"')
    return FIELDS.index(name)


def edit_entries(path: str, mode: str, arguments: Sequence[str], warn: Warn) -> None:
    """-Me, -MX, -M#: replace, remove or comment out whole entries; an entry that is not there is added."""

    def change(text: EditableText) -> None:
        for argument in arguments:
            check_edit_argument(argument)
            key, value = split_setting(argument) if mode == "e" else (argument.strip(SPACES), "")
            pattern = key.split("/")
            if len(pattern) != 2:
                raise FatalError("-Me, -MX or -M# requires service_name/type")
            new = ""
            if mode == "e":
                entry = checked(raw_entry(value), path, context=f'bad field count: "{argument}"')
                new = entry_text(entry, folded=True)
            found = False
            for place, raw in _located(text):
                if matches(pattern, *raw.fields[:2]):
                    found = True
                    _apply(text, place, mode, new)
            if found or mode != "e":
                continue
            if "*" in pattern:
                warn(f'unmatched service_name/type: "{argument}"')
            else:
                text.append(new)

    edit_file(path, change)


def edit_fields(path: str, arguments: Sequence[str], warn: Warn) -> None:
    """-Fe: set fields."""

    def change(text: EditableText) -> None:
        for argument in arguments:
            check_edit_argument(argument)
            key, value = split_setting(argument)
            pattern = key.split("/")
            if len(pattern) != 3:
                raise FatalError("-Fe or -FX requires service_name/type/field_name")
            index = field_index(pattern[2])
            if index == COMMAND:
                command = raw_entry("- - - - - - - " + value)
                if len(command.fields) < len(FIELDS):
                    raise FatalError(f'invalid command field "{value}" in "{argument}"')
            elif len(value.split()) != 1 or not _is_valid(index, value):
                raise FatalError(f'invalid {FIELDS[index]} field "{value}" in "{value}"')

            def changed(entry: RawEntry, index: int = index, value: str = value) -> RawEntry:
                fields = list(entry.fields)
                if index != COMMAND:
                    fields[index] = value
                    return RawEntry(tuple(fields), entry.arguments, entry.line, entry.text)
                return raw_entry(" ".join([*fields[:COMMAND], value]), entry.line)

            if not _rewrite(text, pattern, changed):
                warn(f'unmatched service_name/type: "{argument}"')

    edit_file(path, change)


def edit_parameters(path: str, mode: str, arguments: Sequence[str], warn: Warn) -> None:
    """-Pe, -PX: set or remove `-o` settings."""

    def change(text: EditableText) -> None:
        for argument in arguments:
            check_edit_argument(argument)
            key, value = split_setting(argument) if mode == "e" else (argument.strip(SPACES), "")
            pattern = key.split("/")
            if len(pattern) != 3:
                raise FatalError("-Pe or -PX requires service_name/type/parameter")

            def changed(entry: RawEntry, name: str = pattern[2], value: str = value) -> RawEntry:
                arguments = _with_override(entry, name, value if mode == "e" else None)
                return raw_entry(" ".join([*entry.fields, *arguments]), entry.line)

            if not _rewrite(text, pattern, changed):
                warn(f'unmatched service_name/type: "{argument}"')

    edit_file(path, change)


def _with_override(entry: RawEntry, name: str, value: str | None) -> list[str]:
    """Return the arguments with the setting replaced, added after the last option, or (None) removed."""
    arguments = normal_arguments(entry)
    last = 0
    while last < len(arguments) and arguments[last].startswith("-"):
        last += 1
    options = []
    done = value is None
    for option in arguments[:last]:
        if option.startswith("-o ") and option[3:].lstrip("{").partition("=")[0].strip(SPACES) == name:
            if done:
                continue
            option = f"-o {override_text(name, value or '')}"  # noqa: PLW2901  # replaced where it stands
            done = True
        options.append(option)
    if not done:
        options.append(f"-o {override_text(name, value or '')}")
    return options + arguments[last:]


def _located(text: EditableText) -> Iterator[tuple[Entry, RawEntry]]:
    for entry in text.entries():
        yield entry, raw_entry(entry.text, entry.places[0] + 1)


def _rewrite(text: EditableText, pattern: Sequence[str], changed: Callable[[RawEntry], RawEntry]) -> bool:
    """Replace each entry that *pattern* selects by what *changed* makes of it; return whether there was one."""
    found = False
    for place, raw in list(_located(text)):
        if matches(pattern[:2], *raw.fields[:2]):
            found = True
            _apply(text, place, "e", entry_text(changed(raw), folded=True))
    return found


def _apply(text: EditableText, place: Entry, mode: str, new: str) -> None:
    if mode == "e":
        text.replace(place, new, at_end=True)
    elif mode == "X":
        text.remove(place)
    else:
        text.comment_out(place)
