"""What a subscriber may ask for beyond type and connection: taken, shown, changed, refused by name."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service.core.store.store import Store
from tests.ops.conftest import Ops

URL = "http://127.0.0.1:9/hook"
CHOSEN: dict[str, Any] = {
    "rate": 2.5,
    "job_ids": ["5", "3kTMd9RwVbXyQ5nHs7PfGc2J"],
    "stage_ids": ["70"],
    "watch": ["candidate.email_addresses", "outcome"],
    "ignore": ["*.title", "candidate.location.city"],
    "conditions": {"any": [{"changed": "outcome"}, {"eq": {"data.model": "candidate"}}]},
    "redact": [
        {"path": "candidate.name", "how": "mask"},
        {"path": "candidate.email_addresses.email_address", "how": "hash"},
    ],
}


@pytest.fixture(scope="module")
def certificate() -> str:
    """A certificate that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hirewire.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (made.public_bytes(pem) + secret).decode()


async def test_what_is_asked_for_is_kept_and_shown(ops: Ops, store: Store) -> None:
    made = await ops.post("/subscribers", {"url": URL, **CHOSEN})

    assert {name: made[name] for name in CHOSEN} == CHOSEN
    kept = await store.subscribers.get(made["id"])
    assert kept is not None and kept.wanted.watch == ("candidate.email_addresses", "outcome")
    assert kept.wanted.redact[1].how == "hash"


async def test_what_is_sealed_is_shown_by_nothing(ops: Ops, store: Store, certificate: str) -> None:
    asked = {
        "vendor_secret": "a vendor's secret",
        "proxy": "http://user:secretword@127.0.0.1:3128",
        "client_certificate": certificate,
    }

    made = await ops.post("/subscribers", {"url": URL, "format": "truto", **asked})
    shown = await ops.send("GET", f"/subscribers/{made['id']}")
    raw = await store.pipe.call("HGETALL", f"sub:{made['id']}")

    assert made["vendor_secret"] == "a vendor's secret"
    assert shown.json()["vendor_secret"] is True
    for text in (shown.text, repr(raw)):
        assert "a vendor's secret" not in text and "secretword" not in text
        assert "PRIVATE KEY" not in text
    kept = await store.subscribers.get(made["id"])
    assert kept is not None and kept.wanted.client_certificate == certificate


async def test_ids_may_be_numbers_and_a_redaction_a_name_alone(ops: Ops) -> None:
    made = await ops.post(
        "/subscribers", {"url": URL, "job_ids": [5, "6"], "redact": ["candidate.name"]}
    )

    assert made["job_ids"] == ["5", "6"]
    assert made["redact"] == [{"path": "candidate.name", "how": "drop"}]


async def test_a_change_touches_what_it_names_and_null_takes_back(ops: Ops) -> None:
    made = await ops.post("/subscribers", {"url": URL, **CHOSEN})
    path = f"/subscribers/{made['id']}"

    changed = (await ops.send("PATCH", path, {"rate": 9, "watch": None, "conditions": None})).json()

    assert (changed["rate"], changed["watch"], changed["conditions"]) == (9, [], None)
    assert {n: changed[n] for n in ("job_ids", "redact", "ignore")} == {
        n: CHOSEN[n] for n in ("job_ids", "redact", "ignore")
    }
    assert changed["vendor_secret"] is False


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("rate", 0, ""),
        ("rate", True, ""),
        ("rate", 20_000, ""),
        ("job_ids", [], ""),
        ("job_ids", [""], ""),
        ("job_ids", ["a b"], ""),
        ("stage_ids", "7", ""),
        ("watch", ["nme"], "no model has a field 'nme'; did you mean name?"),
        ("watch", ["candidate.outcome"], "candidate has no field 'outcome'"),
        ("ignore", ["candidat.name"], "did you mean candidate?"),
        ("ignore", ["a..b"], "is no path"),
        ("ignore", ["name"] * 201, ""),
        ("conditions", {"equals": {}}, "equals is no operator"),
        ("conditions", {"eq": {"data.record.outcom": 1}}, "did you mean outcome?"),
        ("conditions", [], ""),
        ("redact", ["email"], "must say whose field it is"),
        ("redact", [{"path": "candidate.name", "how": "blur"}], ""),
        ("redact", [{"path": "candidate.id"}], "cannot be hidden"),
        ("redact", [{"path": "candidate.name", "key": "x"}], ""),
        ("redact", 5, ""),
        ("asymmetric", "yes", ""),
        ("timeout", 0, "timeout"),
        ("timeout", "3", "timeout"),
        ("timeout", 1e9, "timeout"),
        ("redact", ["class:secret"], "there is no class"),
        ("challenge", 1, ""),
        ("proxy", "socks5://127.0.0.1:1", ""),
        ("proxy", 5, ""),
        ("client_certificate", "-----BEGIN NONSENSE-----", ""),
        ("vendor_secret", "", ""),
        ("vendor_secret", 5, ""),
        ("format", "soap", ""),
        ("wat", 1, ""),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_cannot_be_is_422_and_named(ops: Ops, field: str, value: Any, said: str) -> None:
    detail = await ops.refused("POST", "/subscribers", {"url": URL, field: value}, status=422)

    assert detail.startswith(field) and said in detail
    assert await ops.items("/subscribers") == []


@pytest.mark.parametrize("form", ["kombo", "truto"])
async def test_a_vendors_format_has_a_secret_that_is_shown_when_it_is_made(
    ops: Ops, store: Store, form: str
) -> None:
    made = await ops.post("/subscribers", {"url": URL, "format": form})
    path = f"/subscribers/{made['id']}"
    turned = await ops.post(path + "/rotate-secret", status=200)
    kept = await store.subscribers.get(made["id"])

    assert len(made["vendor_secret"]) > 40 and (await ops.get(path))["vendor_secret"] is True
    assert turned["secret"].startswith("whsec_")
    assert turned["vendor_secret"] != made["vendor_secret"]
    assert kept is not None and kept.wanted.vendor_secret == turned["vendor_secret"]


async def test_who_turns_to_a_vendors_format_gives_its_secret(ops: Ops) -> None:
    made = await ops.post("/subscribers", {"url": URL})
    path = f"/subscribers/{made['id']}"

    detail = await ops.refused("PATCH", path, {"format": "kombo"}, status=422)
    answer = await ops.send("PATCH", path, {"format": "kombo", "vendor_secret": "s"})

    assert made["vendor_secret"] is False and detail.startswith("vendor_secret")
    assert answer.status_code == 200 and answer.json()["vendor_secret"] is True


async def test_hashes_stay_the_same_through_changes_and_differ_between_subscribers(
    ops: Ops, store: Store
) -> None:
    asked = {"url": URL, "redact": [{"path": "*.name", "how": "hash"}]}
    one, other = [await ops.post("/subscribers", asked) for _ in range(2)]
    plain = await ops.post("/subscribers", {"url": URL})
    before = await store.subscribers.get(one["id"])
    await ops.send("PATCH", f"/subscribers/{one['id']}", {"redact": None})
    await ops.send("PATCH", f"/subscribers/{one['id']}", asked)
    await ops.send("PATCH", f"/subscribers/{plain['id']}", {"redact": asked["redact"]})
    after = await store.subscribers.get(one["id"])
    another = await store.subscribers.get(other["id"])
    later = await store.subscribers.get(plain["id"])

    assert before and after and another and later and before.hash_key
    keys = {each.hash_key and each.hash_key.get_secret_value() for each in (after, another, later)}
    assert len(keys) == 3 and None not in keys
    assert before.hash_key == after.hash_key
