"""`hirewire openapi`: print the OpenAPI document of what is served; nothing has to be running."""

from service.app import create_app
from service.cli.output import say
from service.core.settings import Settings
from service.openapi.serving import printed


def openapi() -> None:
    """Print the OpenAPI 3.1 document of everything that `hirewire serve` serves."""
    say(printed(create_app(Settings())).decode())
