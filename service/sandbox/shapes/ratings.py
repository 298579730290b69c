"""The ratings of a candidate: counts of each word, and how many of them are positive."""

from collections import Counter

from service.sandbox.persons import Candidate
from service.sandbox.records import Json
from service.sandbox.world import Company

POSITIVE = {"yes", "strong_yes"}


def ratings(one: Candidate, company: Company) -> Json:
    """Return the keys about ratings that every candidate has; `positive_ratings` in percent."""
    if not company.papers.evaluations.count(one.id):
        return {"ratings": {}, "ratings_count": 0, "positive_ratings": None}
    given = Counter(each.rating for each in company.papers.evaluations.of(one.id) if each.rating)
    count = given.total()
    positive = sum(given[word] for word in POSITIVE)
    return {
        "ratings": dict(given),
        "ratings_count": count,
        "positive_ratings": round(100 * positive / count) if count else None,
    }
