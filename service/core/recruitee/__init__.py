"""Recruitee as it speaks: its webhooks in, its API out. Its own words (offer, placement) stay here."""
