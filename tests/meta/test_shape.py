"""The shape of the tree: module sizes, a test file per module, docstrings, parameters declared once."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path

import pytest

import pymail
from pymail.config.declare import ParamSet

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pymail"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
CODE = [path for path in MODULES if path.name not in ("__init__.py", "params.py")]
LINE_LIMIT = 500
BANNED_NAMES = {"utils.py", "helpers.py", "misc.py"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_has_a_docstring_and_at_most_500_lines(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "the first line of a module says what it is for"
    assert text.count("\n") <= LINE_LIMIT
    assert path.name not in BANNED_NAMES


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name_of)
def test_an_init_holds_its_docstring_only(path: Path) -> None:
    body = ast.parse(path.read_text()).body
    assert len(body) == 1


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_module_has_its_test_file(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    assert (ROOT / "tests/unit" / relative.parent / f"test_{relative.stem}.py").exists()


def test_a_test_file_has_its_module() -> None:
    strays = [
        name_of(path)
        for path in (ROOT / "tests/unit").rglob("test_*.py")
        if not (PACKAGE / path.relative_to(ROOT / "tests/unit").parent / f"{path.stem[5:]}.py").exists()
    ]
    assert not strays


def all_param_sets() -> list[type[ParamSet]]:
    for module in pkgutil.walk_packages(pymail.__path__, "pymail."):
        if module.name.endswith("params") or ".params." in module.name:
            importlib.import_module(module.name)
    found: list[type[ParamSet]] = []
    queue = [ParamSet]
    while queue:
        for subclass in queue.pop().__subclasses__():
            found.append(subclass)
            queue.append(subclass)
    return [one for one in found if one.__module__.startswith("pymail.")]  # not those of other tests


def test_each_parameter_is_declared_once() -> None:
    owners: dict[str, set[int]] = {}
    for param_set in all_param_sets():
        for name, declaration in param_set.declarations().items():
            owners.setdefault(name, set()).add(id(declaration))
    assert not {name: len(ids) for name, ids in owners.items() if len(ids) > 1}
