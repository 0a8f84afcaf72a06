"""Names, types, defaults and bounds of the reference Postfix, and the comparison of a parameter set with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pymail.config.computed import COMPUTED
from pymail.config.declare import Declaration, ParamSet
from pymail.config.main_cf import MainCf

GOLDEN = Path(__file__).parents[1] / "golden/postconf-d.tsv"

#: Where we differ on purpose.
OUR_DEFAULTS = {"mail_name": "pymail", "default_database_type": "lmdb", "default_cache_db_type": "lmdb"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One parameter of the reference."""

    kind: str
    default: str
    minimum: int
    maximum: int


def golden_parameters() -> dict[str, Fact]:
    """Return the reference's parameters by name."""
    facts = {}
    for line in GOLDEN.read_text().split("\n"):
        if line and not line.startswith("#"):
            name, kind, default, minimum, maximum = line.split("\t")
            facts[name] = Fact(kind, default, int(minimum), int(maximum))
    return facts


def differences(declarations: dict[str, Declaration]) -> list[str]:
    """Return what the declarations say otherwise than the reference; parameters of our own are left out."""
    facts = golden_parameters()
    found = []
    for name, declaration in declarations.items():
        fact = facts.get(name)
        if fact is None or name in COMPUTED:
            continue
        wanted = (fact.kind, OUR_DEFAULTS.get(name, fact.default), fact.minimum)
        got = (declaration.type, declaration.default, declaration.minimum or 0)
        if got != wanted:
            found.append(f"{name}: {got} instead of {wanted}")
        if fact.kind not in ("string", "raw") and (declaration.maximum or 0) != fact.maximum:
            found.append(f"{name}: at most {declaration.maximum} instead of {fact.maximum}")
    return found


def check_theme(theme: type[ParamSet]) -> None:
    """Assert that *theme* declares parameters of the reference, as it has them, and that the defaults are legal."""
    declarations = theme.declarations()
    assert declarations.keys() <= golden_parameters().keys()
    assert not differences(declarations)
    assert all(declaration.doc.endswith(".") for declaration in declarations.values())
    params = theme(MainCf("/nonexistent"))
    assert not [name for name, value in vars(theme).items() if getattr(params, name) is value and name in declarations]
