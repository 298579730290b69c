"""Secrets at rest: what was sealed opens under its key and purpose, and under nothing else."""

import base64

import pytest

from service.core.crypto import Vault, new_master_key
from service.core.errors import ConfigError, SecretUnreadable

PURPOSE = "connection/api_token"


def test_what_was_sealed_opens_again() -> None:
    vault = Vault.of(new_master_key())

    sealed = vault.seal("tökén", PURPOSE)

    assert vault.open(sealed, PURPOSE) == "tökén"
    assert "tökén" not in sealed


def test_the_same_secret_is_sealed_differently_each_time() -> None:
    vault = Vault.of(new_master_key())

    assert vault.seal("token", PURPOSE) != vault.seal("token", PURPOSE)


def test_a_rotated_key_still_opens_what_it_sealed_and_the_first_one_seals() -> None:
    old, new = new_master_key(), new_master_key()
    sealed = Vault.of(old).seal("token", PURPOSE)
    rotated = Vault.of(f"{new}, {old}")

    assert rotated.open(sealed, PURPOSE) == "token"
    assert Vault.of(new).open(rotated.seal("token", PURPOSE), PURPOSE) == "token"


def test_a_key_that_is_gone_is_named_as_the_cause() -> None:
    sealed = Vault.of(new_master_key()).seal("token", PURPOSE)

    with pytest.raises(SecretUnreadable, match="HIREWIRE_MASTER_KEY no longer lists"):
        Vault.of(new_master_key()).open(sealed, PURPOSE)


def test_a_secret_moved_to_another_place_does_not_open() -> None:
    vault = Vault.of(new_master_key())

    with pytest.raises(SecretUnreadable, match="damaged or was moved"):
        vault.open(vault.seal("token", PURPOSE), "subscriber/secret")


@pytest.mark.parametrize("change", [0, 12, -1], ids=["nonce", "text", "tag"])
def test_a_single_changed_byte_is_noticed(change: int) -> None:
    vault = Vault.of(new_master_key())
    version, key_id, text = vault.seal("token", PURPOSE).split(".")
    raw = bytearray(base64.urlsafe_b64decode(text))
    raw[change] ^= 1
    damaged = ".".join([version, key_id, base64.urlsafe_b64encode(raw).decode()])

    with pytest.raises(SecretUnreadable):
        vault.open(damaged, PURPOSE)


@pytest.mark.parametrize("stored", ["", "v1", "v1.x", "v1.nokey.AAAA", "plain text"])
def test_what_was_never_sealed_does_not_open(stored: str) -> None:
    with pytest.raises(SecretUnreadable):
        Vault.of(new_master_key()).open(stored, PURPOSE)


def test_a_form_from_the_future_is_told_apart() -> None:
    vault = Vault.of(new_master_key())
    sealed = vault.seal("token", PURPOSE).replace("v1.", "v9.", 1)

    with pytest.raises(SecretUnreadable, match="v9"):
        vault.open(sealed, PURPOSE)


def test_plain_and_url_safe_base64_with_and_without_padding_are_one_key() -> None:
    raw = bytes(range(0xE0, 0x100))
    forms = [base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()]
    sealed = Vault.of(forms[0]).seal("token", PURPOSE)

    for form in [*forms, *(each.rstrip("=") for each in forms)]:
        assert Vault.of(form).open(sealed, PURPOSE) == "token"


@pytest.mark.parametrize(
    "key",
    ["", " , ", "hunter2-hunter2", base64.b64encode(bytes(31)).decode(), "é" * 43],
    ids=["empty", "commas", "no base64", "31 bytes", "not ascii"],
)
def test_a_wrong_master_key_is_refused_and_never_repeated(key: str) -> None:
    with pytest.raises(ConfigError, match="HIREWIRE_MASTER_KEY") as refused:
        Vault.of(key)

    assert not key.strip(" ,") or key not in str(refused.value)
