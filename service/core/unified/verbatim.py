"""Keep JSON as Recruitee wrote it where nobody can say what its parts mean, yet always storable."""

import math
from typing import Any, Final

DEPTH: Final = 8  # what is nested deeper is left out
_WHOLE: Final = 2**63


def verbatim(value: object, depth: int = DEPTH) -> Any:
    """Return the same JSON; what cannot be written again (NaN, half a surrogate pair) is replaced."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict) and depth:
        return {verbatim(str(key)): verbatim(each, depth - 1) for key, each in value.items()}
    if isinstance(value, list) and depth:
        return [verbatim(each, depth - 1) for each in value]
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_WHOLE <= value < _WHOLE else str(value)[:40]
    return value if isinstance(value, float) and math.isfinite(value) else None
