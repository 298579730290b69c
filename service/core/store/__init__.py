"""The store: every Redis key, every script, and the typed reads and writes over them."""
