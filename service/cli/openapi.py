"""`hirewire openapi`: print the OpenAPI document of what is served; nothing has to be running."""

from service.cli.output import say
from service.core.settings import Settings


def openapi() -> None:
    """Print the OpenAPI 3.1 document of everything that `hirewire serve` serves."""
    # Not above: every command would wait for the whole web app to be read.
    from service.app import create_app
    from service.openapi.serving import printed

    say(printed(create_app(Settings())).decode())
