"""Tools for agents over the Model Context Protocol: a table of tools, and the door at `/mcp`."""
