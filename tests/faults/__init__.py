"""Crash points, for real: real processes and a real Redis under a storm, while things are broken."""
