"""How full a server is: as full as a test says, by moving the limit and not by filling it."""

from tests.life.servers import Server

BALLAST = 32 * 1024 * 1024


def full(server: Server, percent: float, *, ballast: int = BALLAST) -> None:
    """Set the limit so that what is used is `percent` of it.

    The ballast is heavy beside what clients and a test's own records come to.
    """
    with server.client() as client:
        if ballast:
            client.setrange("ballast", ballast, "x")
        client.config_set("maxmemory", int(used(server) * 100 / percent))


def used(server: Server) -> int:
    """Return how many bytes are used."""
    with server.client() as client:
        return int(client.info("memory")["used_memory"])


def easy(server: Server) -> None:
    """Take the limit away."""
    with server.client() as client:
        client.config_set("maxmemory", 0)
