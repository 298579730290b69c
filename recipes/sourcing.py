"""Sourcing with CVs: people you found, put into a live job of a department, with their CV.

    python recipes/sourcing.py --department Engineering people.json

`people.json` is a list of {"first_name", "last_name", "email_address", "cv": path}. Who is known to
Recruitee already gets the application and no second profile; who has applied already is left alone.
"""

import argparse
import base64
import json
from pathlib import Path

from kombo.errors import KomboAtsError

from reaching import Hirewire, Row


def cv_of(person: Row) -> Row:
    """Return somebody's CV as it is sent."""
    path = Path(person["cv"])
    data = base64.b64encode(path.read_bytes()).decode()
    return {"name": path.name, "type": "CV", "content_type": "application/pdf", "data": data}


def main() -> None:
    """Put everybody into the first job that is open in the department."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--department", required=True)
    parser.add_argument("people", type=Path)
    asked, hirewire = parser.parse_args(), Hirewire()
    jobs = hirewire.rows("jobs", statuses="OPEN")
    job = next((each for each in jobs if each["department"] == asked.department), None)
    if job is None:
        raise SystemExit(f"no job is open in {asked.department}")
    for person in json.loads(asked.people.read_text()):
        names = ("first_name", "last_name", "email_address")
        try:
            made = hirewire.ats.create_candidate(
                candidate={name: person[name] for name in names},
                application={"job_id": job["id"]},
                attachments=[cv_of(person)],
                source={"name": "Sourcing"},
                http_headers={"Idempotency-Key": f"{job['id']} {person['email_address']}"},
            )
        except KomboAtsError as error:
            print(person["email_address"], "left alone:", error.data.error.code)
            continue
        print(person["email_address"], "is candidate", made.data.remote_id)
        for each in made.warnings:
            print("  but:", each.message)


if __name__ == "__main__":
    main()
