"""What a worker sends with: the floor's exchange, since the web process asks URLs to prove themselves."""

from service.core.net.exchange import EXCERPT_BYTES, Disposition, Outcome, post

__all__ = ["EXCERPT_BYTES", "Disposition", "Outcome", "post"]
