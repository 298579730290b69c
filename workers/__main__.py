"""`python -m workers`: one worker process."""

import os
import sys

from service.core.errors import ConfigError
from service.core.settings import Settings
from workers.app import main

if __name__ == "__main__":
    try:
        main(Settings.from_env(os.environ))
    except ConfigError as error:
        print(f"hirewire: {error}", file=sys.stderr)  # noqa: T201 - this is the command's answer
        sys.exit(2)
