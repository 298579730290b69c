"""Settings: every default of the contract, every wrong value refused without being told."""

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from service.core.errors import ConfigError
from service.core.settings import LOOPBACK, PREFIX, Settings

DAY = 86_400
SCHEDULE = (0, 5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)


def one(name: str, value: str) -> Any:
    return getattr(Settings.from_env({PREFIX + name.upper(): value}), name)


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("redis_url", None),
        ("data_dir", Path(".hirewire")),
        ("host", "127.0.0.1"),
        ("port", 8787),
        ("public_url", None),
        ("admin_token", None),
        ("master_key", None),
        ("durability", "local"),
        ("recruitee_rate", 4),
        ("poll_interval", 30),
        ("reconcile_interval", DAY),
        ("retry_schedule", SCHEDULE),
        ("delivery_timeout", 15),
        ("allowed_networks", None),
        ("egress_proxy", None),
        ("event_retention_days", 30),
        ("unsafe_redis", False),
        ("log_level", "info"),
        ("log_format", "console"),
    ],
)
def test_an_unset_setting_has_its_default(name: str, default: object) -> None:
    assert getattr(Settings.from_env({}), name) == default


def test_recruitee_is_asked_at_its_own_address_by_default() -> None:
    assert Settings.from_env({}).recruitee_base == "https://api.recruitee.com"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("port", "9000", 9000),
        ("port", " 0 ", 0),
        ("durability", "Replica", "replica"),
        ("log_level", "WARNING", "warning"),
        ("log_format", "JSON", "json"),
        ("retry_schedule", "0, 1.5,60", (0, 1.5, 60)),
        ("event_retention_days", "0.5", 0.5),
        ("delivery_timeout", "2.5", 2.5),
        (
            "allowed_networks",
            "10.0.0.0/8, fd00::/8",
            (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")),
        ),
    ],
)
def test_a_setting_is_read(name: str, text: str, value: object) -> None:
    assert one(name, text) == value


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - {"allowed_networks"}))
def test_an_empty_value_means_unset(name: str) -> None:
    assert one(name, " ") == getattr(Settings.from_env({}), name)


def test_empty_allowed_networks_mean_none_and_unset_ones_can_be_told_apart() -> None:
    assert one("allowed_networks", "") == ()
    assert Settings.from_env({}).allowed_networks is None
    assert Settings.from_env({}).networks == ()


def test_loopback_is_both_families() -> None:
    assert [str(network) for network in LOOPBACK] == ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("port", "65536"),
        ("port", "eighty"),
        ("public_url", "ftp://example.com"),
        ("recruitee_url", "not an address"),
        ("recruitee_rate", "0"),
        ("recruitee_rate", "nan"),
        ("recruitee_rate", "inf"),
        ("poll_interval", "-1"),
        ("reconcile_interval", "0"),
        ("retry_schedule", ","),
        ("retry_schedule", "0,-5"),
        ("retry_schedule", "0,nan"),
        ("delivery_timeout", "0"),
        ("allowed_networks", "10.0.0.1/8"),
        ("allowed_networks", "everything"),
        ("egress_proxy", "socks5://proxy.example:1080"),
        ("egress_proxy", "http://me:word@proxy.example/path"),
        ("egress_proxy", "proxy.example:3128"),
        ("event_retention_days", "0"),
        ("durability", "maybe"),
        ("log_level", "loud"),
        ("log_format", "xml"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_never_repeated(name: str, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        one(name, text)

    assert str(refused.value).startswith(f"{PREFIX}{name.upper()}: ")
    assert len(text) < 3 or text not in str(refused.value).removeprefix(PREFIX + name.upper())


@pytest.mark.parametrize(
    ("misspelt", "right"),
    [
        ("HIREWIRE_REDISURL", "HIREWIRE_REDIS_URL"),
        ("HIREWIRE_MASTERKEY", "HIREWIRE_MASTER_KEY"),
        ("HIREWIRE_ALLOWED_NETWORK", "HIREWIRE_ALLOWED_NETWORKS"),
        ("HIREWIRE_LOGLEVEL", "HIREWIRE_LOG_LEVEL"),
        ("HIREWIRE_PROT", "HIREWIRE_PORT"),
        ("HIREWIRE_UR", "HIREWIRE_URL"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest_right_one(misspelt: str, right: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env({misspelt: "s3cret", "PATH": "/bin"})

    assert misspelt in str(refused.value) and f" {right}" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_proxys_password_is_kept_secret() -> None:
    settings = Settings.from_env({"HIREWIRE_EGRESS_PROXY": "http://me:word@proxy.example:3128"})

    assert settings.egress_proxy is not None and "word" not in repr(settings)
    assert settings.egress_proxy.get_secret_value() == "http://me:word@proxy.example:3128"


def test_the_clients_address_is_no_misspelling() -> None:
    assert Settings.from_env({"HIREWIRE_URL": "http://127.0.0.1:1"}) == Settings.from_env({})


def test_secrets_are_not_shown_by_accident() -> None:
    secrets = {
        "HIREWIRE_REDIS_URL": "redis://:s3cret@127.0.0.1",
        "HIREWIRE_ADMIN_TOKEN": "s3cret",
        "HIREWIRE_MASTER_KEY": "s3cret",
    }

    assert "s3cret" not in repr(Settings.from_env(secrets))


def test_retention_is_counted_in_seconds() -> None:
    assert Settings.from_env({"HIREWIRE_EVENT_RETENTION_DAYS": "0.5"}).retention_s == DAY // 2
