"""`hirewire demo`: the main job on an embedded default, told step by step; see `story.py`."""

from service.cli.demo.command import demo

__all__ = ["demo"]
