"""The drift report as the ops API shows it: where live answers are not what we expect."""

from typing import Any

from service.core import times
from service.core.recruitee.drift import Difference, grade_of
from service.core.recruitee.expected import ENDPOINTS
from service.core.store.drift import Count, Report


def shown(report: Report) -> dict[str, Any]:
    """Return the endpoints whose answers were looked at, each with its differences."""
    return {
        "differs": bool(report.differences),
        "wrong": len(report.wrong()),
        "endpoints": [
            {
                "endpoint": endpoint,
                "answers": count.count,
                **_seen(count),
                "differences": [
                    difference_shown(each) | {"count": seen.count} | _seen(seen)
                    for each, seen in report.differences.items()
                    if each.endpoint == endpoint
                ],
            }
            for endpoint, count in report.answers.items()
        ],
        "doubted_lists": [
            {"list": d.root, "why": d.why, "absent": d.absent, "of": d.of, "at": times.iso(d.at)}
            for d in report.doubts
        ],
        "beyond": report.beyond,
    }


def difference_shown(difference: Difference) -> dict[str, Any]:
    """Return one difference; `evidence`: how the expectation was known that does not hold."""
    grade = grade_of(difference) if difference.endpoint in ENDPOINTS else None
    return {
        "path": difference.path,
        "kind": difference.kind,
        "seen": difference.seen or None,
        "evidence": str(grade) if grade else None,
    }


def _seen(count: Count) -> dict[str, str]:
    return {"first_seen_at": times.iso(count.first), "last_seen_at": times.iso(count.last)}
