"""Every model and root there is, found by reading the folder `models`: adding a file adds a model."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType

from service.core.unified import models
from service.core.unified.claims import events_of
from service.core.unified.evidence import Sources
from service.core.unified.model import Collection, Model, Root


def claims_table() -> dict[str, dict[str, tuple[str, ...]]]:
    """Return model -> field -> the event types that may carry its change (none: it is silent)."""
    return {
        name: {path: events_of(model, path) for path in model.fields}
        for name, model in MODELS.items()
    }


def _modules() -> Iterator[ModuleType]:
    for found in sorted(pkgutil.iter_modules(models.__path__), key=lambda module: module.name):
        yield importlib.import_module(f"{models.__name__}.{found.name}")


def _models() -> Mapping[str, Model]:
    found: list[Model] = [module.MODEL for module in _modules()]
    return MappingProxyType({model.name: model for model in found})


def _roots() -> Mapping[str, Root]:
    found: list[Root] = [module.ROOT for module in _modules() if hasattr(module, "ROOT")]
    return MappingProxyType({root.name: root for root in found})


def _collections() -> Mapping[str, Collection]:
    found = [each for module in _modules() for each in getattr(module, "COLLECTIONS", ())]
    return MappingProxyType({each.name: each for each in found})


MODELS: Mapping[str, Model] = _models()
ROOTS: Mapping[str, Root] = _roots()
COLLECTIONS: Mapping[str, Collection] = _collections()
SOURCES: Mapping[str, Sources] = MappingProxyType(
    {module.MODEL.name: module.SOURCES for module in _modules() if hasattr(module, "SOURCES")}
)
