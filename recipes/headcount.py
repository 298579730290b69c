"""Headcount: open jobs, people under way and hires, by department, as CSV for a dashboard.

python recipes/headcount.py > headcount.csv
"""

import csv
import sys
from collections import Counter, defaultdict

from reaching import Hirewire

COLUMNS = ("department", "jobs_open", "under_way", "hired", "rejected")
OUTCOMES = {"PENDING": "under_way", "HIRED": "hired", "DECLINED": "rejected"}


def main() -> None:
    """Count, and print a row per department."""
    hirewire = Hirewire()
    jobs = {job["id"]: job for job in hirewire.rows("jobs")}
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for job in jobs.values():
        counts[job["department"] or ""]["jobs_open"] += job["status"] == "OPEN"
    for application in hirewire.rows("applications"):
        job = jobs.get(application["job_id"])
        outcome = OUTCOMES.get(application["outcome"] or "")
        if job is not None and outcome is not None:
            counts[job["department"] or ""][outcome] += 1
    table = csv.writer(sys.stdout)
    table.writerow(COLUMNS)
    for department, count in sorted(counts.items()):
        table.writerow([department, *(count[column] for column in COLUMNS[1:])])


if __name__ == "__main__":
    main()
