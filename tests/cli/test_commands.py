"""Client commands: what each asks of the ops API, what it prints, and with which status it ends."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from service.cli import main
from service.core.events import TYPES

TOKEN = "the-admin-token"
SECRET = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ="


@dataclass
class FarEnd:
    """An HTTP server that keeps what it was asked and answers what it was told."""

    url: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    answers: list[tuple[int, object]] = field(default_factory=list)

    def says(self, body: object, status: int = 200) -> None:
        self.answers.append((status, body))


@pytest.fixture
def far_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FarEnd]:
    end = FarEnd()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            end.asked.append((self.command, self.path, body))
            end.tokens.append(self.headers.get("authorization"))
            status, answer = end.answers.pop(0) if end.answers else (200, {"id": "x"})
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-length", str(0 if status == 204 else len(raw)))
            self.end_headers()
            if status != 204:
                self.wfile.write(raw)

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 (the base class names them)

        def log_message(self, *_: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        end.url = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("HIREWIRE_URL", end.url)
        monkeypatch.setenv("HIREWIRE_ADMIN_TOKEN", TOKEN)
        monkeypatch.setenv("HIREWIRE_DATA_DIR", str(tmp_path / "none"))
        yield end
        server.shutdown()
        thread.join()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def hirewire(*args: str, stdin: str = "") -> int:
        monkeypatch.setattr("sys.argv", ["hirewire", *args])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return hirewire


Run = Callable[..., int]
OPS = "/ops/v1"


@pytest.mark.parametrize(
    ("command", "method", "path", "body"),
    [
        ("connections list", "GET", "connections?limit=50", None),
        ("connections list --limit 5 --after c", "GET", "connections?limit=5&after=c", None),
        ("connections show c1", "GET", "connections/c1", None),
        ("connections show a/b?c", "GET", "connections/a%2Fb%3Fc", None),
        ("connections check c1", "GET", "connections/c1/check", None),
        ("connections update c1 --name N", "PATCH", "connections/c1", {"name": "N"}),
        ("connections remove c1 --yes", "DELETE", "connections/c1", None),
        ("subscribers list", "GET", "subscribers?limit=50", None),
        ("subscribers show s1", "GET", "subscribers/s1", None),
        (
            "subscribers add http://127.0.0.1/x --type job.* --type candidate.created "
            "--connection c1 --format thin --retry-schedule 0,5 --rate 2 --concurrency 3 "
            "--header X-A:b",
            "POST",
            "subscribers",
            {
                "url": "http://127.0.0.1/x",
                "event_types": ["job.*", "candidate.created"],
                "connection_ids": ["c1"],
                "format": "thin",
                "retry_schedule": [0, 5],
                "rate": 2,
                "concurrency": 3,
                "headers": {"X-A": "b"},
            },
        ),
        ("subscribers update s1 --to http://b/", "PATCH", "subscribers/s1", {"url": "http://b/"}),
        ("subscribers pause s1", "POST", "subscribers/s1/pause", {}),
        ("subscribers resume s1", "POST", "subscribers/s1/resume", {}),
        (
            "subscribers rotate-secret s1 --overlap 60",
            "POST",
            "subscribers/s1/rotate-secret",
            {"overlap_s": 60},
        ),
        ("subscribers remove s1 -y", "DELETE", "subscribers/s1", None),
        (
            "events list --type job.* --connection c --model job --record r --remote 7",
            "GET",
            "events?type=job.%2A&connection_id=c&model=job&record_id=r&remote_id=7&limit=50",
            None,
        ),
        ("events show evt_1", "GET", "events/evt_1", None),
        (
            "deliveries list --event e --subscriber s --status open",
            "GET",
            "deliveries?event_id=e&subscriber_id=s&status=open&limit=50",
            None,
        ),
        ("deliveries show dlv_1", "GET", "deliveries/dlv_1", None),
        ("deliveries retry dlv_1", "POST", "deliveries/dlv_1/retry", {}),
        ("dead-letters list --kind inbound", "GET", "dead-letters?kind=inbound&limit=50", None),
        ("dead-letters show dlt_1", "GET", "dead-letters/dlt_1", None),
        ("dead-letters replay dlt_1", "POST", "dead-letters/dlt_1/replay", {}),
        ("dead-letters discard dlt_1 --yes", "DELETE", "dead-letters/dlt_1", None),
        (
            "dead-letters discard --kind inbound --type offer_updated --yes",
            "POST",
            "dead-letters/discard",
            {"filter": {"types": ["offer_updated"], "kind": "inbound"}},
        ),
        (
            "dead-letters discard dlt_1 dlt_2 --dry-run",
            "POST",
            "dead-letters/discard",
            {"dead_letter_ids": ["dlt_1", "dlt_2"], "dry_run": True},
        ),
        (
            "subscribers backfill s1 --rate 5 --no-wait",
            "POST",
            "subscribers/s1/backfill",
            {"rate": 5},
        ),
        (
            "replay --kind inbound --subject u1 --no-wait",
            "POST",
            "replays",
            {"filter": {"subject_ids": ["u1"], "kind": "inbound"}},
        ),
        (
            "replay evt_1 dlt_2 --no-wait",
            "POST",
            "replays",
            {"event_ids": ["evt_1"], "dead_letter_ids": ["dlt_2"]},
        ),
        (
            "replay --type job.* --connection c --http-status 500 --since 2026-01-01T00:00:00Z "
            "--subscriber s --missing --rate 5 --dry-run",
            "POST",
            "replays",
            {
                "filter": {"types": ["job.*"], "connection_ids": ["c"], "http_status": [500]},
                "since": "2026-01-01T00:00:00Z",
                "subscriber_ids": ["s"],
                "missing": True,
                "rate": 5,
                "dry_run": True,
            },
        ),
        ("replay --pause r1", "POST", "replays/r1/pause", {}),
        ("replay --resume r1", "POST", "replays/r1/resume", {}),
        ("replay --cancel r1", "POST", "replays/r1/cancel", {}),
        ("replay --show r1 --no-wait", "GET", "replays/r1", None),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_a_command_is_one_request(
    far_end: FarEnd, run: Run, command: str, method: str, path: str, body: object, form: list[str]
) -> None:
    if method == "DELETE":
        far_end.says(None, 204)

    assert run(*command.split(), *form) == 0

    assert far_end.asked == [(method, f"{OPS}/{path}", body)]
    assert far_end.tokens == [f"Bearer {TOKEN}"]


def test_secrets_come_from_files_or_standard_input(
    far_end: FarEnd, run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("api-token\n")

    run("connections", "add", "--company", "1234", "--token-file", str(file))
    run("connections", "add", "--company", "acme", stdin="api-token\n")
    run("connections", "rotate-secret", "c1", stdin="hook-secret\n")
    run("connections", "update", "c1", "--webhook-secret-file", "-", stdin="hook-secret\n")
    run("connections", "update", "c1", "--api-token", stdin="api-token\n")
    run("connections", "update", "c1", "--webhook-secret", stdin="hook-secret\n")
    run("connections", "add", stdin="77\napi-token\n")
    run("subscribers", "add", "http://127.0.0.1/", "--secret-file", "-", stdin=SECRET)

    assert [body for _, _, body in far_end.asked] == [
        {"company_id": "1234", "api_token": "api-token"},
        {"company_id": "acme", "api_token": "api-token"},
        {"webhook_secret": "hook-secret"},
        {"webhook_secret": "hook-secret"},
        {"api_token": "api-token"},
        {"webhook_secret": "hook-secret"},
        {"company_id": "77", "api_token": "api-token"},
        {"url": "http://127.0.0.1/", "secret": SECRET},
    ]


def test_a_secret_that_is_empty_or_unreadable_is_asked_for_by_name(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("connections", "add", "--company", "1") == 1
    assert run("connections", "add", "--company", "1", "--token-file", str(tmp_path / "no")) == 1

    said = capsys.readouterr().err.splitlines()
    assert "Recruitee API token: nothing was given" in said[0] and "cannot read" in said[1]
    assert far_end.asked == []


def test_adding_a_connection_says_what_to_do_next(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"id": "c1", "webhook_url": "http://hooks/x", "status": "baselining"}, 201)

    run("connections", "add", "--company", "1", stdin="api-token")

    said = capsys.readouterr().out
    assert "http://hooks/x" in said and "hirewire connections rotate-secret c1" in said
    assert "api-token" not in said


def test_a_list_is_a_table_that_says_how_to_go_on(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"id": "s1", "url": "http://a", "event_types": ["*"], "status": "active"}
    far_end.says({"items": [row], "next_cursor": "n1"})
    far_end.says({"items": [], "next_cursor": None})

    run("subscribers", "list")
    run("subscribers", "list")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "url", "event", "types", "format", "status", "reason"]
    assert lines[1].split() == ["s1", "http://a", "*", "-", "active", "-"]
    assert lines[2:] == ["more: --after n1", "none"]


def test_json_is_the_answer_as_it_came(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    page = {"items": [{"id": "s1", "name": "Zoë"}], "next_cursor": None}
    far_end.says(page)

    run("subscribers", "list", "--json")

    assert json.loads(capsys.readouterr().out) == page


def test_an_event_is_shown_with_what_changed(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    change = {"path": "current_stage_id", "before": "[bold]old", "after": None}
    far_end.says({"id": "evt_1", "data": {"model": "application", "changes": [change]}})

    run("events", "show", "evt_1")

    said = capsys.readouterr().out
    assert "current_stage_id  [bold]old  -" in said


def test_a_delivery_is_shown_with_its_attempts(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"id": "dlv_1", "attempts": [{"number": 1, "status_code": 500, "error": None}]})

    run("deliveries", "show", "dlv_1")

    assert "500" in capsys.readouterr().out


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_a_replay_is_followed_to_its_end(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    far_end.says({"id": "r1", "total": 2, "done": 0, "failed": 0, "status": "running"}, 202)
    far_end.says({"id": "r1", "total": 2, "done": 1, "failed": 0, "status": "running"})
    far_end.says({"id": "r1", "total": 2, "done": 2, "failed": 0, "status": "done"})

    assert run("replay", "evt_1", *form) == 0

    assert [path for _, path, _ in far_end.asked] == [f"{OPS}/replays"] + 2 * [f"{OPS}/replays/r1"]
    assert "done" in capsys.readouterr().out


def test_a_replay_of_which_some_failed_ends_with_status_1(far_end: FarEnd, run: Run) -> None:
    far_end.says({"id": "r1", "total": 2, "done": 1, "failed": 1, "status": "done"}, 202)

    assert run("replay", "evt_1") == 1


def test_a_replay_that_still_selects_says_how_far_it_is(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(
        {"id": "r1", "total": None, "selecting": True, "selected": 7, "done": 0, "failed": 0,
         "status": "running"}, 202,
    )  # fmt: skip
    far_end.says({"id": "r1", "total": 9, "done": 9, "failed": 0, "status": "done"})

    assert run("replay", "--missing") == 0

    assert far_end.asked[0][2] == {"missing": True}
    assert "done" in capsys.readouterr().out


def test_discarding_asks_first_and_says_how_many(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        far_end.says({"total": 3, "by_type": {}, "by_subscriber": {}, "complete": True})
    for gone in (2, 1):
        far_end.says({"discarded": gone, "complete": gone == 1})

    assert run("dead-letters", "discard", "--kind", "inbound", stdin="n\n") == 1
    assert run("dead-letters", "discard", "--kind", "inbound", stdin="y\n") == 0
    assert run("dead-letters", "discard", "dlt_1", stdin="n\n") == 1
    assert run("dead-letters", "discard") == 1

    dry = [bool(body.get("dry_run")) for _, _, body in far_end.asked]
    assert dry == [True, True, False, False]
    said = capsys.readouterr().out
    assert "Discard 3 dead letters" in said and "discarded 3" in said


@pytest.mark.parametrize("args", [["replay"], ["replay", "xyz_1"]])
def test_a_replay_of_nothing_known_is_not_asked_for(
    far_end: FarEnd, run: Run, args: list[str]
) -> None:
    assert run(*args) == 1
    assert far_end.asked == []


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_a_check_shows_each_model_and_ends_with_status_1_when_one_failed(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    far_end.says({"ok": False, "models": [{"model": "job", "status": "hidden", "cure": "ask"}]})

    assert run("connections", "check", "c1", *form) == 1

    assert "hidden" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status_code", "ends"), [(204, 0), (500, 1), (None, 1)], ids=["well", "badly", "not at all"]
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_a_subscribers_test_is_followed_to_its_first_attempt(
    far_end: FarEnd,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    status_code: int | None,
    ends: int,
    form: list[str],
) -> None:
    far_end.says({"delivery_id": "dlv_1", "event_id": "evt_1"}, 202)
    far_end.says({"id": "dlv_1", "attempts": []})
    far_end.says({"id": "dlv_1", "attempts": [{"number": 1, "status_code": status_code}]})

    assert run("subscribers", "test", "s1", *form) == ends

    assert "dlv_1" in capsys.readouterr().out
    assert far_end.asked[0] == ("POST", f"{OPS}/subscribers/s1/test", {})
    assert {path for _, path, _ in far_end.asked[1:]} == {f"{OPS}/deliveries/dlv_1"}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (422, {"title": "Unfit", "detail": "url: refused"}, "Unfit: url: refused (422)"),
        (
            422,
            {
                "title": "Unfit",
                "detail": "url: refused",
                "errors": [
                    {"at": "url", "message": "refused"},
                    {"at": "rate", "message": "too low"},
                ],
            },
            "Unfit: url: refused: rate: too low (422)",
        ),
        (401, {"title": "Unauthorized"}, "--token or HIREWIRE_ADMIN_TOKEN"),
        (403, {"title": "Forbidden"}, "scope"),
        (503, b"<html>", "Service Unavailable (503); try again"),
        (404, ["odd"], "Not Found (404)"),
    ],
)
def test_a_refusal_is_one_line_with_the_cure(
    far_end: FarEnd,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    status: int,
    body: object,
    said: str,
) -> None:
    far_end.says(body, status)

    assert run("connections", "show", "c1") == 1

    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and TOKEN not in err


def test_what_is_not_hirewire_is_noticed(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says(b"<html>hello</html>")

    assert run("connections", "list") == 1

    assert "is it Hirewire?" in capsys.readouterr().err


def test_an_instance_that_is_not_there_is_named_with_the_cure(
    run: Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HIREWIRE_URL", raising=False)

    assert run("connections", "list", "--url", "http://127.0.0.1:1", "--token", TOKEN) == 1

    err = capsys.readouterr().err
    assert "http://127.0.0.1:1" in err and "hirewire up" in err


def test_the_token_that_up_keeps_is_used_for_this_machine_and_no_other(
    far_end: FarEnd,
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.delenv("HIREWIRE_ADMIN_TOKEN")
    monkeypatch.setenv("HIREWIRE_DATA_DIR", str(tmp_path))
    (tmp_path / "keys.json").write_text('{"master_key": "m", "admin_token": "kept"}')

    assert run("connections", "show", "c1") == 0
    assert run("connections", "show", "c1", "--url", "http://hirewire.test") == 2

    assert far_end.tokens == ["Bearer kept"]
    assert "HIREWIRE_ADMIN_TOKEN is not set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HIREWIRE_ADMIN_TOKEN", "tökén"),
        ("HIREWIRE_URL", "nowhere"),
        ("HIREWIRE_PORT", "many"),
        ("HIREWIRE_ADMINTOKEN", "x"),
    ],
)
def test_a_wrong_setting_ends_with_status_2(
    far_end: FarEnd,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)

    assert run("connections", "list") == 2

    assert name in capsys.readouterr().err and far_end.asked == []


@pytest.mark.parametrize("args", [["connections", "remove", "c1"], ["subscribers", "remove", "s1"]])
def test_nothing_is_removed_without_a_yes(far_end: FarEnd, run: Run, args: list[str]) -> None:
    assert run(*args, stdin="n\n") == 1
    assert far_end.asked == []


def test_event_types_need_no_instance(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("events", "types") == 0
    assert run("events", "types", "--json") == 0

    *lines, last = capsys.readouterr().out.splitlines()
    assert lines == json.loads(last) == list(TYPES)


def test_a_header_or_schedule_that_is_none_is_refused_before_asking(
    far_end: FarEnd, run: Run
) -> None:
    assert run("subscribers", "add", "http://a/", "--header", "nocolon") == 1
    assert run("subscribers", "add", "http://a/", "--retry-schedule", "soon") == 1
    assert far_end.asked == []
