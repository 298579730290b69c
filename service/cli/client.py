"""Speaks to a running Hirewire's ops API: one request, its answer, or one line with the cure."""

import contextlib
import functools
import inspect
import ipaddress
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Concatenate, ParamSpec, Self
from urllib.parse import quote, urlsplit

import httpx
import typer

from service import __version__
from service.cli.keys import known_admin_token
from service.core.errors import ConfigError, HirewireError
from service.core.settings import Settings

TIMEOUT_S = 60.0
SILENT_S = 45.0  # a stream says at least that it is still there
OPS = "/ops/v1"

P = ParamSpec("P")
Answer = dict[str, Any]


class RequestFailed(HirewireError):
    """The instance refused or could not be asked; the text is one line, with the cure if known."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class Client:
    """The ops API of one instance; paths are relative to `/ops/v1`."""

    def __init__(
        self, url: str, token: str, *, as_json: bool = False, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.url = url.rstrip("/")
        self.as_json = as_json
        self._http = httpx.Client(
            base_url=self.url + OPS,
            headers={"authorization": f"Bearer {token}", "user-agent": f"Hirewire/{__version__}"},
            timeout=timeout_s,
            trust_env=False,
            # Reading the system's certificates takes longer than a request: only where needed.
            verify=self.url.startswith("https:"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def get(self, path: str, **params: object) -> Answer:
        """Ask for `path`; parameters that are None or empty are left out."""
        return self._asked("GET", path, params={k: v for k, v in params.items() if v or v == 0})

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """Make something, or do a sub-action."""
        return self._asked("POST", path, json=given(body or {}))

    def patch(
        self, path: str, body: Mapping[str, object], exactly: Mapping[str, object] | None = None
    ) -> Answer:
        """Change what `body` names, and what `exactly` does: there an empty value is one."""
        return self._asked("PATCH", path, json=given(body) | dict(exactly or {}))

    def delete(self, path: str) -> None:
        """Remove what `path` names."""
        self._asked("DELETE", path)

    def lines(self, method: str, path: str) -> Iterator[Answer]:
        """Yield an answer that comes line by line, each a JSON object."""
        try:
            with self._http.stream(method, path) as response:
                if not response.is_success:
                    response.read()
                    raise RequestFailed(_said(response), response.status_code)
                for line in response.iter_lines():
                    yield json.loads(line)
        except httpx.HTTPError as error:
            raise RequestFailed(
                f"{self.url} broke off its answer ({type(error).__name__}); see `hirewire doctor`"
            ) from None
        except ValueError:
            raise RequestFailed(f"{self.url} did not answer in JSON; is it Hirewire?") from None

    @contextlib.contextmanager
    def streamed(self, path: str, params: Mapping[str, str]) -> Iterator[httpx.Response]:
        """Open an answer that goes on, at a path from the root; httpx's errors are the caller's."""
        timeout = httpx.Timeout(TIMEOUT_S, read=SILENT_S)
        with self._http.stream("GET", self.url + path, params=params, timeout=timeout) as response:
            if not response.is_success:
                response.read()
                raise RequestFailed(_said(response), response.status_code)
            yield response

    def unreachable(self, error: Exception) -> str:
        """Say that the instance could not be asked, and what to do."""
        return (
            f"cannot reach Hirewire at {self.url} ({type(error).__name__}); start it with "
            "`hirewire up`, or name another with --url or HIREWIRE_URL"
        )

    def _asked(self, method: str, path: str, **how: Any) -> Answer:
        try:
            response = self._http.request(method, path, **how)
        except httpx.HTTPError as error:
            raise RequestFailed(self.unreachable(error)) from None
        if not response.is_success:
            raise RequestFailed(_said(response), response.status_code)
        try:
            answer: Answer = response.json() if response.content else {}
        except ValueError:
            raise RequestFailed(f"{self.url} did not answer in JSON; is it Hirewire?") from None
        return answer


def given(body: Mapping[str, object]) -> dict[str, object]:
    """Leave out what was not given (None or empty)."""
    return {name: value for name, value in body.items() if value not in (None, [], "", {})}


def part(identifier: str) -> str:
    """Make an id fit for a path."""
    return quote(identifier, safe="")


Url = Annotated[
    str | None, typer.Option("--url", envvar="HIREWIRE_URL", help="The instance's address.")
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token", envvar="HIREWIRE_ADMIN_TOKEN", show_envvar=True, help="Its admin token."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print machine-readable JSON.")]


def over_http(run: Callable[Concatenate[Client, P], None]) -> Callable[..., None]:
    """Give a command `--url`, `--token` and `--json`, and hand it the client that they make."""

    @functools.wraps(run)
    def command(*args: Any, at: str | None, token: str | None, as_json: bool, **rest: Any) -> None:
        with connect(at, token, as_json=as_json) as client:
            run(client, *args, **rest)

    added = {"at": (Url, None), "token": (Token, None), "as_json": (AsJson, False)}
    own = list(inspect.signature(run, eval_str=True).parameters.values())[1:]
    parameters = [
        *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own),
        *(
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )
            for name, (annotation, default) in added.items()
        ),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def connect(url: str | None, token: str | None, *, as_json: bool = False) -> Client:
    """Open a client on what was given, else on what this machine's `hirewire up` left."""
    settings = Settings.from_env(os.environ)
    address = url or f"http://{_dialled(settings.host)}:{settings.port}"
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
        raise ConfigError("HIREWIRE_URL: must be an address as http://127.0.0.1:8787")
    # The token that `up` keeps on this machine goes to this machine only.
    secret = token or (known_admin_token(settings.data_dir) if is_local(address) else None)
    if not secret:
        raise ConfigError(
            "HIREWIRE_ADMIN_TOKEN is not set; `hirewire up` printed the token at its first start, "
            "and keeps it in keys.json in its data dir"
        )
    if not (secret.isascii() and secret.isprintable()):
        raise ConfigError("HIREWIRE_ADMIN_TOKEN: holds characters that no token has")
    return Client(address, secret, as_json=as_json)


def is_local(address: str) -> bool:
    """Say whether an address is this machine's loopback."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _dialled(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


def _said(response: httpx.Response) -> str:
    problem = _problem(response)
    title = str(problem.get("title") or response.reason_phrase)
    detail = str(problem.get("detail") or "")
    fields = problem.get("errors")
    rows = [_field(each) for each in fields] if isinstance(fields, list) else []
    listed = "; ".join(row for row in rows if row not in detail)
    text = ": ".join(each for each in (title, detail, listed) if each)
    cure = {
        401: "; give the admin token with --token or HIREWIRE_ADMIN_TOKEN",
        403: "; this key lacks the scope: use the admin token, or a key with scope ops",
        503: "; try again in a moment, and see `hirewire doctor`",
    }.get(response.status_code, "")
    return f"{' '.join(text.split())} ({response.status_code}){cure}"


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _field(error: object) -> str:
    if not isinstance(error, dict):
        return str(error)
    return f"{error.get('at', '')}: {error.get('message', '')}"
