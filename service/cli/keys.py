"""The keys that `hirewire up` makes for itself: the master key and the admin token."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from service.core.crypto import new_master_key
from service.core.errors import ConfigError
from service.datadir import write_private

FILE = "keys.json"
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Keys:
    """What `keys.json` holds; `fresh` only for the run that made it."""

    master_key: str
    admin_token: str
    fresh: bool = False


def keys_of(data_dir: Path) -> Keys:
    """Read the data dir's keys, or make them (mode 0600) at the first run."""
    found = _read(data_dir / FILE)
    if found is not None:
        return found
    keys = Keys(new_master_key(), "hw_" + secrets.token_urlsafe(TOKEN_BYTES), fresh=True)
    stored = {name: value for name, value in asdict(keys).items() if name != "fresh"}
    write_private(data_dir / FILE, json.dumps(stored, indent=2) + "\n")
    return keys


def known_admin_token(data_dir: Path) -> str | None:
    """Return the admin token that an `up` on this data dir uses, if this user may read it."""
    try:
        found = _read(data_dir / FILE)
    except PermissionError:
        return None
    return found.admin_token if found else None


def _read(path: Path) -> Keys | None:
    try:
        stored = json.loads(path.read_text())
        return Keys(str(stored["master_key"]), str(stored["admin_token"]))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{path} is damaged; put it back from a backup, since what is stored under its master "
            "key opens with no other"
        ) from None
