"""Lists that lie now and then: a row short, with a total or a word that says so, or no list at all."""

import zlib
from collections import Counter
from typing import Any

from tests.model.company import Company
from tests.model.lists import KINDS, asked_for

Json = dict[str, Any]
HONEST_BETWEEN = 3
"""Answers of a list between two that are short without a word of it: no two passes meet both."""


class Liar:
    """Tells what a company's lists say, and sometimes less."""

    def __init__(self, company: Company, seed: int, share: float = 0.0) -> None:
        self.share = share
        self._company = company
        self._seed = seed
        self._told = 0
        self._honest: Counter[str] = Counter()

    def told(self, path: str, query: dict[str, str], answer: Json) -> Json:
        """Return an answer as it leaves."""
        asked = asked_for(self._company.lists, self._company.candidates, path, query)
        if asked is None or not self.share:
            return answer
        self._told += 1
        luck = zlib.crc32(f"{self._seed}|lie|{self._told}".encode()) / 2**32
        name = f"{path}?{query.get('candidate_id')}"
        self._honest[name] += 1
        if luck > self.share or self._honest[name] <= HONEST_BETWEEN:
            return answer
        self._honest[name] = 0
        self._company.shifts[asked.model] += 1
        return _less(asked.model, answer, luck / self.share)


def _less(model: str, answer: Json, luck: float) -> Json:
    key = KINDS[model].key
    if luck < 0.2:
        return {**answer, key: None}
    rows = answer[key][1:] if luck < 0.6 else answer[key][:-1]
    hidden = {"hidden_attachments_exist": True} if model == "attachment" else {}
    return {**answer, **hidden, key: rows}
