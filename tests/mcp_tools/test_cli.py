"""`hirewire mcp-tokens`: what each command asks, and that an address is shown once."""

import pytest

from tests.cli.test_commands import OPS, FarEnd, Run
from tests.cli.test_commands import far_end as far_end
from tests.cli.test_commands import run as run

PATH = f"{OPS}/mcp-tokens"
OPEN = {"methods": [], "tags": [], "require_api_token_auth": False}


@pytest.mark.parametrize(
    ("command", "method", "path", "body"),
    [
        ("add a --connection c1", "POST", PATH, {"name": "a", "connection_id": "c1", "config": OPEN}),
        ("add a --connection c1 --method read --method write --tag jobs --require-token", "POST", PATH,
         {"name": "a", "connection_id": "c1",
          "config": {"methods": ["read", "write"], "tags": ["jobs"],
                     "require_api_token_auth": True}}),
        ("list --limit 5 --after x", "GET", f"{PATH}?limit=5&after=x", None),
        ("remove t/1 --yes", "DELETE", f"{PATH}/t%2F1", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["table", "json"])
def test_each_is_one_request(
    far_end: FarEnd, run: Run, command: str, method: str, path: str, body: object, form: list[str]
) -> None:
    if method == "DELETE":
        far_end.says(None, 204)

    assert run("mcp-tokens", *command.split(), *form) == 0

    assert far_end.asked == [(method, path, body)]


def test_an_address_is_shown_with_the_advice_to_keep_it(
    far_end: FarEnd, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    far_end.says({"id": "mcp_1", "url": "http://hirewire.example/mcp/hwm_secret"}, 201)

    run("mcp-tokens", "add", "a", "--connection", "c1")

    shown = capsys.readouterr().out
    assert "hwm_secret" in shown and "not shown again" in shown
