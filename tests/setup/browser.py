"""A real browser for tests: the machine's Chromium, driven by Playwright; or why there is none.

It is the program that `TEST_BROWSER` names, else the first of `NAMES` on the path
(Debian: `apt-get install chromium`). Playwright's own download of a browser is not used.
"""

import importlib.util
import os
import shutil
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS: Final = (
    "--no-sandbox",  # which root needs, and CI is root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def browser() -> str | None:
    """Return the browser's program, or None."""
    return shutil.which(os.environ.get("TEST_BROWSER") or "") or next(
        (found for name in NAMES if (found := shutil.which(name))), None
    )


def missing() -> str:
    """Say what a browser test lacks; empty: nothing."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed: pip install playwright"
    if browser() is None:
        return "no browser: apt-get install chromium, or name one in TEST_BROWSER"
    return ""
