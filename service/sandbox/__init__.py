"""The sandbox Recruitee: documented routes and shapes in memory, as a far end for demo and tests.

An ASGI app of its own: `service.sandbox.app.create_sandbox(config)`. Under `/c/{company}/` it
answers as Recruitee's API documentation and public observations say, each route with the grade of
its evidence; what lies under `/sandbox/` is ours and no part of Recruitee.
"""
