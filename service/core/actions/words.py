"""How what other products send is worded for Recruitee: notes are HTML, and nothing of it is trusted."""

import html
from collections.abc import Sequence
from typing import Any, Final

from service.core.actions.inputs import Attribute

LEVELS: Final = ("public", "protected", "private")


def paragraphs(text: str) -> str:
    """Return plain text as HTML: a line is a paragraph, since Recruitee folds line breaks."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines if line)


def linked(label: str, url: str, attributes: Sequence[Attribute] = ()) -> str:
    """Return a result as HTML: its link, and what it says, a line each."""
    link = f'<p><a href="{html.escape(url)}">{html.escape(label)}</a></p>'
    return link + "".join(
        f"<p>{html.escape(each.key)}: {html.escape(each.value)}</p>" for each in attributes
    )


def visibility(given: dict[str, Any] | str | None) -> dict[str, Any] | None:
    """Return who may see a note, as Recruitee takes it; None leaves it to Recruitee.

    Raises ValueError for what Recruitee has no level for.
    """
    if given is None:
        return None
    said = {"level": given} if isinstance(given, str) else dict(given)
    if said.get("level") not in LEVELS:
        raise ValueError(f"visibility is one of {', '.join(LEVELS)}")
    named = {name: list(said.get(name) or ()) for name in ("admin_ids", "role_ids")}
    return {"level": said["level"], **named}


def same_words(one: str, other: str) -> bool:
    """Say whether two notes say the same, whatever became of tags and spaces."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    bare, inside = [], False
    for sign in text:
        if sign == "<":
            inside = True
        elif sign == ">":
            inside = False
        elif not inside:
            bare.append(sign)
    return "".join(html.unescape("".join(bare)).split())
