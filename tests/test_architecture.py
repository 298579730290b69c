"""The import rules: the floor knows nobody, web and workers know only the floor."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path.relative_to(ROOT)
    for folder in ("service", "workers")
    for path in (ROOT / folder).rglob("*.py")
)
FLOOR = "service.core"
SANDBOX = "service.sandbox"
# Redis' client is seen where the store is, and where workers wait for it; arq in workers only.
REDIS_PLACES = ("service.core.store", "service.core.queue", "workers.bell")


def violations(module: str, source: str) -> list[str]:
    """Return `module imports name: why not` for each import that breaks a rule."""
    broken = []
    for name in imported(module, source):
        reason = why_not(module, name)
        if reason is not None:
            broken.append(f"{module} imports {name}: {reason}")
    return broken


def why_not(module: str, name: str) -> str | None:
    """Say which rule an import breaks, or None."""
    if within(name, "tests"):
        return "the program does not know its tests"
    if within(name, "arq") and not within(module, "workers"):
        return "arq belongs to the workers; the floor rings by Redis commands"
    if within(name, "redis") and not within(module, *REDIS_PLACES):
        return "Redis is reached through the store"
    if within(module, FLOOR):
        return _floor(name)
    if within(module, SANDBOX):
        return _sandbox(name)
    if within(module, "service") and within(name, "workers"):
        return "web and workers meet at a job's name only"
    if within(module, "workers") and within(name, "service") and not within(name, FLOOR):
        return (
            None if name == "service.__version__" else "workers stand on the floor, not on the web"
        )
    if within(module, "workers") and within(name, "starlette"):
        return "workers serve nothing over HTTP"
    return None


def _floor(name: str) -> str | None:
    if within(name, "starlette", "uvicorn"):
        return "the floor is no web"
    if within(name, "workers") or (within(name, "service") and not within(name, FLOOR)):
        return None if name == "service.__version__" else "the floor knows nobody above it"
    return None


def _sandbox(name: str) -> str | None:
    above = within(name, "workers") or within(name, "service")
    if above and not within(name, FLOOR, SANDBOX) and name != "service.__version__":
        return "the sandbox is the far end: it shares the floor only"
    return None


def imported(module: str, source: str) -> Iterator[str]:
    """Yield the full name of everything imported anywhere in a module, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = _start(module, node)
            for alias in node.names:
                yield f"{start}.{alias.name}"


def _start(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = module.split(".")[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def within(name: str, *packages: str) -> bool:
    """Say whether a dotted name is one of these packages or lies in it."""
    return any(name == package or name.startswith(package + ".") for package in packages)


def module_name(path: Path) -> str:
    """Return the dotted name of a source file; a package's own file counts as lying in it."""
    return ".".join(path.with_suffix("").parts)


@pytest.mark.parametrize("path", SOURCES, ids=str)
def test_every_module_imports_only_what_its_place_allows(path: Path) -> None:
    assert violations(module_name(path), (ROOT / path).read_text()) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("service.ops.events", "import workers.app"),
        ("service.ops.events", "from workers import app"),
        ("service.ops.events", "def late():\n    from workers.app import main"),
        ("service.ops.events", "import redis.asyncio"),
        ("service.ops.events", "from redis.exceptions import RedisError"),
        ("service.app", "from arq import create_pool"),
        ("service.core.queue", "import arq"),
        ("service.core.ids", "from starlette.requests import Request"),
        ("service.core.ids", "from service.ops import events"),
        ("service.core.ids", "from service import webhooks"),
        ("service.core.store.inbox", "from workers.drain import Drain"),
        ("service.core.store.inbox", "from ...ops import routes"),
        ("service.sandbox.app", "from service.app import create_app"),
        ("service.sandbox.app", "from workers import app"),
        ("workers.drain", "from service.ops import events"),
        ("workers.drain", "from service import webhooks"),
        ("workers.drain", "import redis"),
        ("workers.drain", "from starlette.responses import Response"),
        ("workers.drain", "from tests.conftest import settings"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    assert len(violations(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("service.ops.events", "from service.core.store.log import Log"),
        ("service.core.store.redis", "from redis.asyncio import Redis"),
        ("service.core.store.redis", "from .keys import inbox"),
        ("workers.bell", "import redis.asyncio\nfrom arq.worker import Worker"),
        ("workers.drain", "from service.core import ids\nfrom workers.context import Context"),
        ("workers.sending", "from service import __version__"),
        ("service.sandbox.app", "from starlette.applications import Starlette"),
    ],
)
def test_an_allowed_import_is_left_alone(module: str, source: str) -> None:
    assert violations(module, source) == []
