"""Checks the signature of a saved request and, where it does not fit, says what most likely happened."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from service.core import signing
from service.core.signing import RECRUITEE_HEADER

STANDARD: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
RECRUITEE: Final = RECRUITEE_HEADER.decode()
TOLERANCE_S: Final = 300
HEX: Final = 64
Headers = Sequence[tuple[str, str]]
"""Names in lower case, in order; a name may come twice."""


def standard_problems(
    headers: Headers, body: bytes, secrets: Sequence[str], now_s: float, tolerance_s: float
) -> list[str]:
    """Return what is wrong with a Standard Webhooks request; nothing: the signature is good."""
    missing = [problem for name in STANDARD if (problem := _count_problem(headers, name))]
    if missing:
        return missing
    given = dict(headers)
    problems = [*_time_problems(given["webhook-timestamp"], now_s, tolerance_s)]
    wrong = [f"the secret {problem}" for s in secrets if (problem := signing.secret_problem(s))]
    return problems + (wrong or _signature_problems(given, body, secrets))


def recruitee_problems(headers: Headers, body: bytes, secrets: Sequence[str]) -> list[str]:
    """Return what is wrong with a webhook of Recruitee's; nothing: the signature is good."""
    if problem := _count_problem(headers, RECRUITEE):
        return [problem]
    claimed = dict(headers)[RECRUITEE].strip().lower()
    if not _is_hex(claimed):
        bare = claimed.removeprefix("sha256=")
        said = "it has a prefix that Recruitee's has not" if _is_hex(bare) else "it is not"
        return [f"{RECRUITEE} must be 64 hex digits: {said}"]

    def signs(secret: bytes, variant: bytes) -> bool:
        return hmac.new(secret, variant, hashlib.sha256).hexdigest() == claimed

    keys = {s: [(s.encode(), ""), *_other_keys(s)] for s in secrets}
    return _explained(body, keys, signs, "")


def read_headers(text: str) -> list[tuple[str, str]]:
    """Read headers as JSON (an object, or pairs), or as lines; what is no header is passed over."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return [*_of_lines(text)]
    pairs = parsed.items() if isinstance(parsed, dict) else parsed
    found = []
    for name, value in pairs:
        for each in value if isinstance(value, list) else [value]:
            found.append((str(name).lower(), str(each)))
    return found


def _of_lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        # As curl's -v writes them, too.
        name, colon, value = line.removeprefix("> ").removeprefix("< ").partition(":")
        if colon and name and " " not in name.strip():
            yield name.strip().lower(), value.strip()


def _count_problem(headers: Headers, name: str) -> str | None:
    count = sum(1 for each, _ in headers if each == name)
    if count == 1:
        return None
    return f"header {name} is missing" if count == 0 else f"header {name} is there {count} times"


def _time_problems(text: str, now_s: float, tolerance_s: float) -> Iterator[str]:
    if not (text.isascii() and text.isdigit()):
        yield f"webhook-timestamp {text[:40]!r} must be whole seconds since 1970"
        return
    age_s = now_s - int(text)
    if abs(age_s) <= tolerance_s:
        return
    if abs(now_s - int(text) / 1000) <= tolerance_s:
        yield "webhook-timestamp is in milliseconds: it must be in seconds"
    elif age_s > 0:
        yield f"the timestamp is {age_s:.0f} s old, over the {tolerance_s:g} s allowed: sent anew?"
    else:
        yield f"the timestamp is {-age_s:.0f} s in the future: one of the two clocks is wrong"


def _signature_problems(given: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> list[str]:
    entries = [entry.partition(",") for entry in given["webhook-signature"].split(" ") if entry]
    claimed = {value for version, _, value in entries if version == "v1"}
    if not claimed:
        others = ", ".join(sorted({version[:10] for version, _, _ in entries})) or "none"
        return [f"webhook-signature holds no v1 signature (it has: {others})"]
    if not any(_is_base64(value) for value in claimed):
        return ["the v1 signature is not base64 of 32 bytes: it was cut or changed"]
    content = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode()

    def signs(key: bytes, variant: bytes) -> bool:
        signature = hmac.new(key, content + variant, hashlib.sha256).digest()
        return base64.b64encode(signature).decode() in claimed

    keys = {s: [(_key(s), ""), *_other_keys(s)] for s in secrets}
    return _explained(body, keys, signs, given["webhook-id"])


def _explained(
    body: bytes,
    keys: Mapping[str, Sequence[tuple[bytes, str]]],
    signs: Callable[[bytes, bytes], bool],
    event_id: str,
) -> list[str]:
    """Try what usually goes wrong, one thing at a time."""
    for variants in keys.values():
        if signs(variants[0][0], body):
            return []
    for variants in keys.values():
        for key, how in variants[1:]:
            if signs(key, body):
                return [f"the secret was used wrongly by the sender: {how}"]
        for changed, how in _other_bodies(body):
            if signs(variants[0][0], changed):
                return [
                    f"the body was changed after it was signed: {how}; verify the raw bytes, before "
                    "anything parses them"
                ]
    return [_unexplained(body, event_id)]


def _unexplained(body: bytes, event_id: str) -> str:
    named = _parsed(body)
    named = named.get("id") if isinstance(named, dict) else None
    if event_id and isinstance(named, str) and named.startswith("evt_") and named != event_id:
        return f"the body is another event's: it says {named[:60]}, the header {event_id[:60]}"
    return (
        "the signature does not fit: either the secret is another one (was it rotated?), or the body is "
        "not what was signed; no usual change of the body explains it"
    )


def _other_bodies(body: bytes) -> Iterator[tuple[bytes, str]]:
    yield body.rstrip(), "white space was added at its end"
    yield body + b"\n", "the line feed at its end was taken away"
    yield body.replace(b"\r\n", b"\n"), "its line feeds became CR LF"
    yield body.replace(b"\n", b"\r\n"), "its CR LF became line feeds"
    yield body.removeprefix(b"\xef\xbb\xbf"), "a byte order mark was put before it"
    parsed = _parsed(body)
    if parsed is None:
        return
    for ascii_ in (False, True):
        for separators, indent in (((",", ":"), None), ((", ", ": "), None), ((",", ": "), 2)):
            text = json.dumps(parsed, ensure_ascii=ascii_, separators=separators, indent=indent)
            yield text.encode("utf-8", "surrogatepass"), "it was parsed and written as JSON again"


def _other_keys(secret: str) -> Iterator[tuple[bytes, str]]:
    bare = secret.removeprefix(signing.SECRET_PREFIX)
    if secret != bare:
        yield secret.encode(), "keyed with its text, prefix and all, not with the bytes behind it"
        yield bare.encode(), "keyed with its text after whsec_, not with the bytes that it encodes"
    else:
        yield secret.strip().encode(), "white space around it does not belong to it"
        yield (secret + "\n").encode(), "a line feed behind it was taken for a part of it"


def _key(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(signing.SECRET_PREFIX))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _is_hex(text: str) -> bool:
    return len(text) == HEX and all(c in "0123456789abcdef" for c in text)


def _is_base64(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == hashlib.sha256().digest_size
    except (binascii.Error, ValueError):
        return False
