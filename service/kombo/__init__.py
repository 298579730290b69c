"""Kombo's API over our store: whoever codes against it changes one address and keeps their code."""
