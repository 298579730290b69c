"""The ground floor: what both processes use.

Admission rule: used by the web process and by the workers; imports neither of them, nor Starlette.
"""
