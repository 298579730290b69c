"""Settings: one frozen model, read once from the environment and passed on."""

import difflib
import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from service.core.errors import ConfigError
from service.core.net.proxies import proxy_problem

PREFIX = "HIREWIRE_"
# Read by the command line only (contract section 2), so not a misspelling.
CLIENT_NAMES = frozenset({"HIREWIRE_URL"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOOPBACK: tuple[Network, ...] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)


def _listed(value: object) -> object:
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _proxy(value: SecretStr) -> SecretStr:
    if problem := proxy_problem(value.get_secret_value()):
        raise ValueError(problem)
    return value


Seconds = Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False)]


Schedule = Annotated[
    tuple[Seconds, ...], BeforeValidator(_listed), Field(min_length=1, max_length=50)
]


class Settings(BaseModel):
    """Every setting of contract section 3; times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    redis_url: SecretStr | None = Field(
        None, description="Redis; unset: the embedded one (up, demo)"
    )
    data_dir: Path = Field(Path(".hirewire"), description="keys, embedded Redis' files")
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8787
    public_url: AnyHttpUrl | None = Field(
        None, description="how Recruitee reaches us; starts each webhook_url"
    )
    admin_token: SecretStr | None = None
    master_key: SecretStr | None = Field(
        None, description="base64 of 32 bytes; a comma-separated list rotates"
    )
    durability: Annotated[Literal["local", "replica"], BeforeValidator(_lower)] = "local"
    recruitee_url: AnyHttpUrl = AnyHttpUrl("https://api.recruitee.com")
    recruitee_rate: Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)] = Field(
        4, description="requests/s per connection"
    )
    poll_interval: Annotated[float, Field(gt=0, le=86_400)] = 30
    reconcile_interval: Annotated[float, Field(gt=0, le=2_592_000)] = 86_400
    retry_schedule: Schedule = (0, 5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    delivery_timeout: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)] = Field(
        15, description="the whole exchange"
    )
    allowed_networks: Annotated[tuple[Network, ...] | None, BeforeValidator(_listed)] = Field(
        None,
        description="CIDRs that subscriber URLs may resolve into although not public; None: unset",
    )
    egress_proxy: Annotated[SecretStr, AfterValidator(_proxy)] | None = Field(
        None,
        description="http[s]://[user:password@]host:port that requests to subscribers leave through",
    )
    event_retention_days: Annotated[float, Field(gt=0, le=3650, allow_inf_nan=False)] = 30
    mcp_issuer: AnyHttpUrl | None = Field(
        None, description="the authorization server that MCP clients are sent to (RFC 9728)"
    )
    unsafe_redis: bool = Field(
        False, description="start although Redis may evict keys or keeps nothing on disk"
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = (
        "info"
    )
    log_format: Annotated[Literal["console", "json"], BeforeValidator(_lower)] = "console"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read `HIREWIRE_*`; raise ConfigError, which names the setting but never its value."""
        named = {name: value for name, value in env.items() if name.startswith(PREFIX)}
        _refuse_misspelt(named, cls)
        values: dict[str, Any] = {
            name.removeprefix(PREFIX).lower(): value.strip()
            for name, value in named.items()
            if name not in CLIENT_NAMES and (value.strip() or name == "HIREWIRE_ALLOWED_NETWORKS")
        }
        try:
            return cls(**values)
        except ValidationError as error:
            raise ConfigError(_said(error)) from None

    @property
    def recruitee_base(self) -> str:
        """Recruitee's address without a slash at the end."""
        return str(self.recruitee_url).rstrip("/")

    @property
    def retention_s(self) -> int:
        """How long an event's body is kept, in seconds."""
        return int(self.event_retention_days * 86_400)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks that the address guard lets through although they are not public."""
        return self.allowed_networks or ()


def _refuse_misspelt(named: Mapping[str, str], settings: type[Settings]) -> None:
    known = {PREFIX + name.upper() for name in settings.model_fields} | CLIENT_NAMES
    for name in sorted(set(named) - known):
        close = difflib.get_close_matches(name.upper(), known, n=1, cutoff=0.0)
        raise ConfigError(f"there is no setting {name}; the nearest is {close[0]}")


def _said(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    name = PREFIX + str(first["loc"][0]).upper()
    return f"{name}: {first['msg']}"
