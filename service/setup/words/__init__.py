"""The pages' languages: English is written where it is used; the others are looked up by it."""

from collections.abc import Callable, Mapping
from typing import Final

from service.setup.words import de, es, fr, it

LANGUAGES: Final = ("en", "de", "fr", "it", "es")
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "de": de.WORDS, "fr": fr.WORDS, "it": it.WORDS, "es": es.WORDS,
}  # fmt: skip


def words(language: str) -> Callable[[str], str]:
    """Return what says an English sentence in a language; what has no translation stays English."""
    known = WORDS.get(language, {})
    return lambda english: known.get(english, english)
