"""`hirewire connections link` against a running instance: it prints an address that opens."""

import asyncio
import json
from typing import Any

from typer.testing import CliRunner

from service.cli import app
from service.core.errors import HirewireError
from tests.setup.conftest import ADMIN, House, Reader, text_of


async def test_the_command_makes_a_link_that_opens(house: House) -> None:
    made = await _run(house, "--name", "Acme", "--expires-in", "30m", "--json")

    assert made.exit_code == 0
    told = json.loads(made.stdout)
    page = await Reader(house.http, told["url"]).look()
    assert page.status_code == 200 and "Acme" in text_of(page)
    left = await house.store.pipe.call("PTTL", f"link:{told['id']}")
    assert 0 < left <= (1800 + 7 * 86_400) * 1000


async def test_a_link_for_a_connection_is_told_with_what_to_do_with_it(house: House) -> None:
    connection = await house.store.connections.create("5600", "t", None, "Acme")

    made = await _run(house, "--connection", connection.id, "--only-webhook")

    assert f"{house.url}/connect/" in made.stdout and "shown only now" in made.stdout


async def test_what_cannot_be_is_refused_with_the_reason(house: House) -> None:
    soon = await _run(house, "--expires-in", "soon")
    assert soon.exit_code == 2 and "like 30m, 12h or 7d" in soon.output
    script = await _run(house, "--redirect-uri", "javascript:x")
    assert isinstance(script.exception, HirewireError)
    assert "redirect_uri" in str(script.exception)


async def _run(house: House, *asked: str) -> Any:
    at = ("--url", house.url, "--token", ADMIN)
    # In a thread, so that this loop answers.
    command = ["connections", "link", *asked, *at]
    return await asyncio.to_thread(lambda: CliRunner().invoke(app, command))
