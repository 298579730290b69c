"""Location map data: where jobs are, and how many people apply there, as JSON for a map.

    python recipes/location_map.py > places.json

Recruitee has addresses and no coordinates: `raw` is what your geocoder takes.
"""

import json
from collections import Counter
from typing import Any

from reaching import Hirewire


def main() -> None:
    """Print a place per address of a job."""
    hirewire = Hirewire()
    applied = Counter(row["job_id"] for row in hirewire.rows("applications"))
    places: dict[str, dict[str, Any]] = {}
    for job in hirewire.rows("jobs", statuses="OPEN"):
        at = job["location"]
        if at is None:
            continue
        named = {name: at[name] for name in ("city", "country", "raw")}
        place = places.setdefault(at["raw"], {**named, "jobs": [], "applications": 0})
        place["jobs"].append({"name": job["name"], "remote": job["remote_work_status"]})
        place["applications"] += applied[job["id"]]
    print(json.dumps(sorted(places.values(), key=lambda each: str(each["raw"])), indent=2))


if __name__ == "__main__":
    main()
