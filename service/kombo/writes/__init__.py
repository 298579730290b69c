"""Kombo's actions: bodies in its wire form, answers in its envelope; the writing itself is the worker's."""
