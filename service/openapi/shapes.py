"""Schemas of the models that handlers parse with, each a component of its own."""

from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from service.openapi.route import Taken

Schema = dict[str, Any]
REF: Final = "#/components/schemas/"
MODE: Final[JsonSchemaMode] = "validation"
PART: Final = ".Part"


class Parts:
    """The components of one document, gathered while its operations are described."""

    def __init__(self) -> None:
        self._all: dict[str, Schema] = {}
        self._names: dict[type[BaseModel], str] = {}

    def all(self) -> dict[str, Schema]:
        """Return every component by name."""
        return dict(sorted(self._all.items()))

    def body(self, taken: Taken) -> Schema:
        """Return a reference to a body's schema; nothing is required of one given in part."""
        reference = self._kept(taken.model)
        if not taken.partly:
            return reference
        name = self._names[taken.model] + PART
        whole = self._named(taken.model)
        self._all[name] = {k: v for k, v in whole.items() if k != "required"}
        return {"$ref": REF + name}

    def needed(self, taken: Taken) -> bool:
        """Say whether a body must be sent at all."""
        fields = taken.model.model_fields.values()
        return not taken.partly and any(each.is_required() for each in fields)

    def fields(self, model: type[BaseModel]) -> Iterator[tuple[str, Schema, bool]]:
        """Yield (name, schema, whether it is required) of each parameter of a query."""
        self._kept(model)
        shown = self._named(model)
        del self._all[self._names[model]]
        del self._names[model]
        for name, schema in shown.get("properties", {}).items():
            yield name, _given(schema), name in shown.get("required", ())

    def _named(self, model: type[BaseModel]) -> Schema:
        return self._all[self._names[model]]

    def _kept(self, model: type[BaseModel]) -> Schema:
        if model not in self._names:
            self._names[model] = name = _name(model)
            template = REF + name + ".{model}"
            _, made = models_json_schema([(model, MODE)], ref_template=template)
            inner = {name + "." + key: each for key, each in made["$defs"].items()}
            own = inner.pop(f"{name}.{model.__name__}")
            self._all |= {**inner, name: own}
        return {"$ref": REF + self._names[model]}


def _given(schema: Schema) -> Schema:
    """Return a parameter's schema: what is left out of a query is not null."""
    kinds = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {k: v for k, v in schema.items() if k not in ("anyOf", "title")}
    rest = rest | (kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {})
    return {k: v for k, v in rest.items() if not (k == "default" and v is None)}


def _name(model: type[BaseModel]) -> str:
    """Return a name that says where a model is from: `ops.replays.Asked`."""
    return f"{model.__module__.removeprefix('service.')}.{model.__name__}"
