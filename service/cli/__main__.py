"""`python -m service.cli` is `hirewire`."""

from service.cli import main

main()
