"""The command line: starts the processes, and speaks to a running instance over HTTP."""

import sys

import typer

from service import __version__
from service.cli import (
    actions,
    api_keys,
    audit,
    connections,
    dead_letters,
    deliveries,
    events,
    fields,
    mcp_tokens,
    subscribers,
)
from service.cli.adopt_ids import adopt_ids
from service.cli.demo import demo
from service.cli.doctor import doctor
from service.cli.erase import erase
from service.cli.explain import explain
from service.cli.listen import listen
from service.cli.openapi import openapi
from service.cli.output import complain, say
from service.cli.reconcile import reconcile
from service.cli.replay import replay
from service.cli.sandbox import sandbox
from service.cli.serve import serve, work
from service.cli.sync import sync
from service.cli.trigger import trigger
from service.cli.up import up
from service.cli.verify import verify
from service.core.errors import ConfigError, HirewireError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Recruitee's changes, delivered: webhooks in, signed change events out.",
)
for command in (demo, up, serve, work, sandbox, sync, reconcile, replay, erase, explain, doctor):
    app.command()(command)
for tool in (adopt_ids, listen, trigger, verify, openapi):
    app.command()(tool)
for noun, commands in {
    "connections": connections.app,
    "subscribers": subscribers.app,
    "events": events.app,
    "actions": actions.app,
    "fields": fields.app,
    "deliveries": deliveries.app,
    "dead-letters": dead_letters.app,
    "api-keys": api_keys.app,
    "mcp-tokens": mcp_tokens.app,
    "audit": audit.app,
}.items():
    app.add_typer(commands, name=noun)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        say(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line: status 2 for a wrong setting, 1 for anything else that failed."""
    try:
        app()
    except ConfigError as error:
        complain(str(error))
        sys.exit(2)
    except HirewireError as error:
        complain(str(error))
        sys.exit(1)
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        sys.exit(1)
