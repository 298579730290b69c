"""`hirewire verify`: a good signature is said to be good, a bad one to be bad for the right reason."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from service.core import signing
from tests.cli.test_commands import Run
from tests.cli.test_commands import run as run

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmnopqrstuv").decode()
OTHER = "whsec_" + base64.b64encode(b"vutsrqponmlkjihgfedcba9876543210").decode()
HOOK = "what Recruitee shows"
EVENT = "evt_2sBq"
BODY = json.dumps({"id": EVENT, "name": "Zoë", "n": [1, 2]}, separators=(",", ":")).encode()
AT = 1_790_000_000
Check = Callable[..., tuple[int, str]]


def signed(body: bytes = BODY, secret: str = SECRET, at: int = AT) -> dict[str, str]:
    return signing.delivery_headers(EVENT, at, body, [secret])


@pytest.fixture
def check(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Check:
    def verify(headers: object, body: bytes, secret: str = SECRET, *more: str) -> tuple[int, str]:
        text = headers if isinstance(headers, str) else json.dumps(headers)
        (tmp_path / "headers").write_text(text)
        (tmp_path / "body").write_bytes(body)
        (tmp_path / "secret").write_text(secret + "\n")
        files = [f"--{n}={tmp_path / n}" for n in ("headers", "body")]
        if "--recruitee" not in more and not any(m.startswith("--at") for m in more):
            more = (*more, "--at=2026-09-21T14:13:30Z")
        status = run("verify", *files, f"--secret-file={tmp_path / 'secret'}", *more)
        return status, capsys.readouterr().out

    return verify


@pytest.mark.parametrize("form", ["json", "lines", "curl", "lists", "raw"])
def test_a_good_signature_is_good_however_its_headers_were_saved(check: Check, form: str) -> None:
    headers = {"Webhook-Id" if k == "webhook-id" else k: v for k, v in signed().items()}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    saved: object = {
        "json": headers,
        "lists": {k: [v] for k, v in headers.items()},
        "lines": "\r\n".join(lines),
        "curl": "\n".join(f"> {line}" for line in ["POST /hooks HTTP/1.1", *lines]),
        "raw": "\n".join(["POST /hooks HTTP/1.1", "Host: example.test", *lines, ""]),
    }[form]

    assert check(saved, BODY) == (0, "the signature is good\n")


def test_of_several_secrets_one_is_enough(check: Check) -> None:
    assert check(signed(), BODY, f"{OTHER}\n{SECRET}")[0] == 0


@pytest.mark.parametrize(
    ("headers", "body", "secret", "said"),
    [
        (signed(secret=OTHER), BODY, SECRET, "another one"),
        (signed(), BODY + b"\n", SECRET, "white space was added at its end"),
        (signed(BODY + b"\n"), BODY, SECRET, "line feed at its end was taken away"),
        (signed(), json.dumps(json.loads(BODY)).encode(), SECRET, "written as JSON again"),
        (signed(), b"\xef\xbb\xbf" + BODY, SECRET, "byte order mark"),
        (signed(), BODY.replace(EVENT.encode(), b"evt_other"), SECRET, "another event's"),
        (signed(), BODY.replace(b"[1,2]", b"[1,3]"), SECRET, "no usual change"),
        (signed(), BODY, SECRET.removeprefix("whsec_"), "must start with whsec_"),
        (signed(), BODY, "whsec_c2hvcnQ=", "24 to 64 bytes"),
        (signed(at=AT - 400), BODY, SECRET, "s old"),
        (signed(at=AT + 400), BODY, SECRET, "in the future"),
        (signed(at=AT) | {"webhook-timestamp": f"{AT}000"}, BODY, SECRET, "in milliseconds"),
        (signed() | {"webhook-timestamp": "today"}, BODY, SECRET, "whole seconds"),
        ({}, BODY, SECRET, "webhook-signature is missing"),
        (signed() | {"webhook-id": ["a", "b"]}, BODY, SECRET, "webhook-id is there 2 times"),
        (signed() | {"webhook-signature": "v1a,x v2,y"}, BODY, SECRET, "it has: v1a, v2"),
        (signed() | {"webhook-signature": "v1,short"}, BODY, SECRET, "cut or changed"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_what_is_wrong_is_named(
    check: Check, headers: object, body: bytes, secret: str, said: str
) -> None:
    status, out = check(headers, body, secret)

    assert status == 1
    assert said in out, out


@pytest.mark.parametrize("prefix", ["", "whsec_"])
def test_a_sender_that_keys_with_the_secrets_text_is_found_out(check: Check, prefix: str) -> None:
    key = (prefix + SECRET.removeprefix("whsec_")).encode()
    content = f"{EVENT}.{AT}.".encode() + BODY
    wrong = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()

    status, out = check(signed() | {"webhook-signature": f"v1,{wrong}"}, BODY)

    assert status == 1 and "used wrongly by the sender" in out


@pytest.mark.parametrize(
    ("header", "body", "said"),
    [
        (signing.recruitee_signature(HOOK, BODY), BODY, "is good"),
        (signing.recruitee_signature(HOOK, BODY).upper(), BODY, "is good"),
        (signing.recruitee_signature("another", BODY), BODY, "another one"),
        (signing.recruitee_signature(HOOK, BODY), BODY + b"\r\n", "white space was added"),
        (signing.recruitee_signature(HOOK + "\n", BODY), BODY, "a line feed behind it"),
        ("sha256=" + signing.recruitee_signature(HOOK, BODY), BODY, "has a prefix"),
        ("nonsense", BODY, "64 hex digits"),
        (None, BODY, "is missing"),
    ],
)
def test_a_webhook_of_recruitees_is_checked_too(
    check: Check, header: str | None, body: bytes, said: str
) -> None:
    headers = {} if header is None else {"X-Recruitee-Signature": header}

    status, out = check(headers, body, HOOK, "--recruitee")

    assert said in out, out
    assert status == (0 if said == "is good" else 1)


def test_it_can_be_read_by_a_program_and_asks_about_now_by_default(
    check: Check, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = check(signed(secret=OTHER), BODY, SECRET, "--json")
    verdict = json.loads(out)
    assert (status, verdict["good"], len(verdict["problems"])) == (1, False, 1)

    (tmp_path / "headers").write_text(json.dumps(signed(at=1)))
    files = [f"--{n}={tmp_path / n}" for n in ("headers", "body")]
    assert run("verify", *files, f"--secret-file={tmp_path / 'secret'}") == 1
    assert "old" in capsys.readouterr().out
    assert (
        run("verify", f"--headers={tmp_path / 'none'}", files[1], "--secret-file=-", stdin="x") == 1
    )
