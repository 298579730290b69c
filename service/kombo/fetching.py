"""The files of a form: decoded, or fetched from where they are, through the address guard."""

from typing import Final

from service.core.net.fetching import fetch_document
from service.core.settings import Settings
from service.kombo.envelope import Refused, invalid
from service.kombo.wording import FILES_MOST, Forwarded, Upload, decoded, uploads

WITHIN_S: Final = 15.0
UNKNOWN_TYPE: Final = "application/octet-stream"
Contents = tuple[bytes, str]


async def files_of(asked: Forwarded, settings: Settings) -> dict[int, Contents]:
    """Return each file's contents and type, by its place in the form; raises Refused."""
    found: dict[int, Contents] = {}
    left = FILES_MOST
    for at, upload in uploads(asked):
        found[at] = await _contents(at, upload, left, settings)
        left -= len(found[at][0])
        if left < 0:
            raise _too_large(at)
    return found


async def _contents(at: int, upload: Upload, most: int, settings: Settings) -> Contents:
    if upload.data is not None:
        return decoded(at, upload.data), upload.content_type or UNKNOWN_TYPE
    url = upload.data_url or ""
    found = await fetch_document(url, settings, most=most, timeout_s=WITHIN_S)
    if isinstance(found, str):
        raise invalid(f"multipart_form_data.{at}.value.data_url", found)
    return found.data, upload.content_type or found.content_type or UNKNOWN_TYPE


def _too_large(at: int) -> Refused:
    name = f"multipart_form_data.{at}.value"
    return invalid(name, f"with those before it has more than {FILES_MOST >> 20} MiB")
