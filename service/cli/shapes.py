"""What `hirewire connections capture` writes: one file per endpoint, and what differs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.core.errors import HirewireError

DIFFERENCES = "differences.json"


@dataclass(frozen=True, slots=True)
class Captured:
    """The capture's last line, and a row per endpoint."""

    end: dict[str, Any]
    rows: list[dict[str, Any]]

    @property
    def differences(self) -> list[dict[str, Any]]:
        """Every difference, with its endpoint."""
        return [
            {"endpoint": row["endpoint"], **each}
            for row in self.rows
            for each in row["differences"]
        ]


def written(captured: Captured, folder: Path) -> None:
    """Write the shapes that were answered and the differences; raises HirewireError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for row in captured.rows:
            if row.get("shape") is not None:
                _write(folder / file_of(row["endpoint"]), row)
        _write(folder / DIFFERENCES, captured.differences)
    except OSError as error:
        raise HirewireError(f"cannot write to {folder}: {type(error).__name__}") from None


def file_of(endpoint: str) -> str:
    """Return `candidates.id.notes.json` for `/candidates/{id}/notes`."""
    parts = (part.strip("{}") for part in endpoint.strip("/").split("/"))
    # Of another instance's making: a name and never a way out of the folder.
    return ".".join("".join(c for c in part if c.isalnum() or c == "_") for part in parts) + ".json"


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
