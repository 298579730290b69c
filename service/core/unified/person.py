"""Split a person's one name into first and last name, which Recruitee does not keep apart."""

from functools import lru_cache
from typing import Final, NamedTuple

from nameparser import HumanName
from nameparser.config import CONSTANTS

_HONORIFICS = frozenset({"dr", "mr", "mrs", "ms", "miss", "mx", "prof", "professor", "sir", "dame"})
_MAX_NAME = 300
_MEANING_MORE: Final = frozenset(
    word
    for words in (
        CONSTANTS.titles, CONSTANTS.first_name_titles, CONSTANTS.prefixes, CONSTANTS.conjunctions,
        CONSTANTS.non_first_name_prefixes, CONSTANTS.bound_first_names, CONSTANTS.suffix_acronyms,
        CONSTANTS.suffix_acronyms_ambiguous, CONSTANTS.suffix_not_acronyms,
    )
    for word in words
)  # fmt: skip
"""Words that may be something else than a name: only the parser knows."""


class SplitName(NamedTuple):
    """First (with middle) and last names; None where the name has none."""

    first: str | None
    last: str | None


# Parsing takes as long as reading all the rest of a candidate: only new names are parsed.
@lru_cache(maxsize=8192)
def split_name(name: str) -> SplitName:
    """Return a name's parts; what a parser takes for a title (Dean, Prince) stays a first name."""
    words = name.split()
    if len(words) < 2 or len(name) > _MAX_NAME:
        return SplitName(" ".join(words) or None, None)
    if len(words) == 2 and all(_plain(word) for word in words):
        return SplitName(*words)
    parsed = HumanName(name)
    first = " ".join(part for part in (parsed.first, parsed.middle) if part)
    if first and parsed.last:
        return SplitName(first, parsed.last)
    if words[0].strip(".").lower() in _HONORIFICS:
        return SplitName(" ".join(words[1:-1]) or None, words[-1])
    return SplitName(" ".join(words[:-1]), words[-1])


def _plain(word: str) -> bool:
    """Say whether a word can only be a name, as most are: two of them need no parser."""
    return len(word) > 1 and word.isalpha() and word.lower() not in _MEANING_MORE
