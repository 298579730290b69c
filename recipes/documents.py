"""Documents attached: every file of a folder goes to the candidate by whose address it is named.

    python recipes/documents.py folder/

`ada@example.com.contract.pdf` goes to ada@example.com as `contract.pdf`; an address that nobody has
is said. The file's digest is part of the Idempotency-Key: run it again and nothing is attached twice.
"""

import argparse
import base64
import hashlib
import mimetypes
import re
from pathlib import Path

from reaching import Hirewire

NAMED = re.compile(r"(?P<mail>[^@]+@[^@]+?\.[a-z]+)\.(?P<name>[^.]+\.\w+)")


def main() -> None:
    """Attach what can be attached; say the rest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder, hirewire = parser.parse_args().folder, Hirewire()
    for path in sorted(folder.iterdir()):
        named = NAMED.fullmatch(path.name)
        who = named and next(hirewire.rows("candidates", email=named["mail"]), None)
        if named is None or who is None:
            print(path.name, "belongs to nobody")
            continue
        data = path.read_bytes()
        document = {
            "name": named["name"], "type": "OTHER", "data": base64.b64encode(data).decode(),
            "content_type": mimetypes.guess_type(path)[0] or "application/octet-stream",
        }  # fmt: skip
        key = f"{path.name} {hashlib.sha256(data).hexdigest()}"
        done = hirewire.ats.add_candidate_attachment(
            candidate_id=who["id"], attachment=document, http_headers={"Idempotency-Key": key}
        )
        print(path.name, "is attached", *(each.message for each in done.warnings))


if __name__ == "__main__":
    main()
