"""The arq process: refetches, normalizes, compares, commits and delivers."""
