"""Writes to Recruitee: what may be asked for, how it ends, and how its words are chosen; it sends nothing."""
