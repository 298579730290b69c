"""Hire to onboarding: whoever is hired in Recruitee becomes a line for the onboarding product, at once.

Listens for signed webhooks, so make a subscriber first and put the secret that it prints into
WEBHOOK_SECRET:

    hirewire subscribers add http://127.0.0.1:9000/ --type application.hired
    WEBHOOK_SECRET=whsec_... python recipes/hire_to_onboarding.py --port 9000

`--count N` ends after N hires. A webhook that comes twice is one hire: the event's id is kept.
"""

import argparse
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks.webhooks import Webhook

from reaching import Hirewire, Row


def new_hire(hirewire: Hirewire, event: Row) -> Row:
    """Return what an onboarding product wants to know."""
    record = event["data"]["record"]
    who = hirewire.one("candidates", record["candidate_id"])
    job = hirewire.one("jobs", record["job_id"])
    return {
        "name": f"{who['first_name']} {who['last_name']}",
        "email": next((each["email_address"] for each in who["email_addresses"]), None),
        "job": job["name"], "department": job["department"], "hired_at": record["hired_at"],
        "starts_at": record["job_starts_at"],
    }  # fmt: skip


def main() -> None:
    """Take hires until there were enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--count", type=int, default=0)
    asked, hirewire, seen = parser.parse_args(), Hirewire(), set[str]()
    signed = Webhook(os.environ["WEBHOOK_SECRET"])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            event = signed.verify(body, {k.lower(): v for k, v in self.headers.items()})
            if event["id"] not in seen:
                print(json.dumps(new_hire(hirewire, event)), flush=True)
                seen.add(event["id"])
            self.send_response(204)
            self.end_headers()

    with HTTPServer(("127.0.0.1", asked.port), Handler) as server:
        while not asked.count or len(seen) < asked.count:
            server.handle_request()


if __name__ == "__main__":
    main()
