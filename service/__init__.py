"""The web process: takes webhooks in and serves the ops API; `service.core` is the shared floor."""

__version__ = "0.1.0"
