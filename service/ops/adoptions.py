"""Taking ids along: pairs come in by pieces, each checked; all of them are kept at once, or none."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from service.core.store import index
from service.core.store.adoption import Collision, Pair, Run
from service.core.store.store import Store
from service.core.unified.model import Ref
from service.core.unified.registry import MODELS
from service.ops.bodies import given, unknown
from service.ops.connections import found
from service.problems import Json, Problem
from service.state import Request

MOST: Final = 1000


def _known(model: str) -> str:
    if model not in MODELS:
        raise ValueError(f"must be one of {', '.join(sorted(MODELS))}")
    return model


class Row(BaseModel):
    """A record by Recruitee's id, and the id that it is to have."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    row: Annotated[int, Field(ge=1, le=2**31, strict=True)]
    model: Annotated[str, AfterValidator(_known)]
    remote_id: Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,128}$")]
    id: Annotated[str, StringConstraints(pattern=r"^[1-9A-HJ-NP-Za-km-z]{24}$")]

    def pair(self) -> Pair:
        """Return it as the store takes it."""
        return Pair(self.row, Ref(self.model, self.remote_id), self.id)


class Rows(BaseModel):
    """The body of `POST connections/{id}/adoptions/{run}/rows`, its rows numbered upwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=MOST)]


async def show(request: Request) -> Response:
    """Show the run that gathers ids, or the last, and how many ids were taken along in all."""
    store, c = _store(request), (await found(request)).id
    run = await store.records.adoption.run(c)
    count = await store.records.adoption.count(c)
    return Json({"adopted": count, "run": None if run is None else _shown(run)})


async def begin(request: Request) -> Response:
    """Begin a run; raises Problem 409 while another one gathers."""
    store, c = _store(request), (await found(request)).id
    run = await store.records.adoption.begin(c)
    if run is not None:
        return Json(_shown(run), 201)
    other = await store.records.adoption.run(c)
    raise Problem(409, f"{other.id if other else 'another run'} gathers ids: keep it, or delete it")


async def gather(request: Request) -> Response:
    """Put rows aside, and say which of them collide; sent again, they come to the same."""
    store, c = _store(request), (await found(request)).id
    name = request.path_params["run"]
    rows = Rows.model_validate(await given(request))
    pairs = [row.pair() for row in rows.rows]
    collisions = await store.records.adoption.gather(c, name, pairs, MODELS)
    run = await store.records.adoption.run(c)
    if collisions is None or run is None:
        raise unknown("run that gathers", name)
    there = await index.changed(store.pipe, c, [pair.ref for pair in pairs])
    return Json(
        _shown(run)
        | {
            "unknown": sum(pair.ref not in there for pair in pairs),
            "collided": [_collided(each) for each in collisions],
        }
    )


async def keep(request: Request) -> Response:
    """Keep all that was gathered, at once; raises Problem 409 where any of it collides."""
    store, c = _store(request), (await found(request)).id
    name = request.path_params["run"]
    if not await store.records.adoption.keep(c, name):
        run = await store.records.adoption.run(c)
        if run is None or run.id != name:
            raise unknown("run", name)
        raise Problem(409, f"{run.collisions} rows collide: nothing was kept")
    run = await store.records.adoption.run(c)
    return Json(_shown(run) if run else {})


async def drop(request: Request) -> Response:
    """Forget what a run gathered."""
    store, c = _store(request), (await found(request)).id
    if not await store.records.adoption.drop(c, request.path_params["run"]):
        raise unknown("run that gathers", request.path_params["run"])
    return Response(status_code=204)


def _store(request: Request) -> Store:
    store: Store = request.state["store"]
    return store


def _shown(run: Run) -> dict[str, Any]:
    return run._asdict()


def _collided(each: Collision) -> dict[str, Any]:
    model, remote_id = each.ref
    return {
        "row": each.row, "model": model, "remote_id": remote_id, "id": each.id, "why": each.why,
        "other": each.other, "other_row": each.other_row,
    }  # fmt: skip
