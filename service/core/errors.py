"""What can go wrong beyond one record or one subscriber; expected failures are values, not these.

HirewireError
├── ConfigError        ours to fix before a start: a setting or a key is wrong (exit status 2)
├── SecretUnreadable   a stored secret that no configured master key opens
├── StoreUnavailable   Redis is away, full, slow or read-only: later (ingress answers 503)
└── Fenced             our lease ended while we worked: drop the work, its new owner redoes it
"""


class HirewireError(Exception):
    """Base of all that this program raises itself; its text is fit to print."""


class ConfigError(HirewireError):
    """A setting is missing or wrong; the text names the setting and the cure, never a secret."""


class SecretUnreadable(HirewireError):
    """A stored secret does not open under any configured master key."""


class StoreUnavailable(HirewireError):
    """Redis could not take the write or answer the read; trying later may work."""


class Fenced(HirewireError):
    """The lease under which this work ran belongs to another worker now."""
