"""Say what is wrong with a scope that an operator sets, with the nearest right name."""

from collections.abc import Iterable
from difflib import get_close_matches

from service.core.unified.options import DEPARTMENT, Scope, required
from service.core.unified.registry import MODELS


def refusals(scope: Scope) -> list[tuple[str, str]]:
    """Return (part of the scope, what is wrong with it), each with the nearest right name."""
    models = [
        ("models", _unknown("model", m, MODELS)) for m in scope.models or () if m not in MODELS
    ]
    return models + [("drop", said) for name in scope.drop if (said := _undroppable(scope, name))]


def unknown_model(name: str) -> str:
    """Say that a name is no model's, with the nearest that is."""
    return _unknown("model", name, MODELS)


def _undroppable(scope: Scope, name: str) -> str | None:
    model, _, column = name.partition(".")
    if model not in MODELS or column not in MODELS[model].fields:
        every = [f"{m.name}.{column}" for m in MODELS.values() for column in m.fields]
        return _unknown("field", name, every)
    if column in required(model):
        return f"{name} cannot be dropped: who a record is, whose it is and when hang on it"
    if model == "job" and column in DEPARTMENT and scope.departments is not None:
        return f"{name} cannot be dropped while departments are chosen: they are told by it"
    return None


def _unknown(noun: str, name: str, known: Iterable[str]) -> str:
    nearest = get_close_matches(name, known, n=1, cutoff=0.0)[0]
    return f"there is no {noun} {name[:80]}; the nearest is {nearest}"
