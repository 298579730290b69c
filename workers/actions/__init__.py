"""Writes carried out: each action a function over a journal, so that it goes on where it stood."""
