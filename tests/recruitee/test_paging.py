"""Each page style of Recruitee's lists, as query parameters."""

import pytest

from service.core.recruitee.client import page_params
from service.core.unified.model import Listing
from service.core.unified.registry import ROOTS


@pytest.mark.parametrize(
    ("listing", "at", "expected"),
    [
        (Listing("/candidates", "candidates", "offset", 1000), 0, [("limit", "1000"), ("offset", "0")]),
        (Listing("/candidates", "candidates", "offset", 1000), 2000, [("limit", "1000"), ("offset", "2000")]),
        (Listing("/offers", "offers", "page", 500), 0, [("limit", "500"), ("page", "1")]),
        (Listing("/offers", "offers", "page", 500), 1, [("limit", "500"), ("page", "1")]),
        (Listing("/offers", "offers", "page", 500), 3, [("limit", "500"), ("page", "3")]),
        (Listing("/tasks", "tasks", "page"), 2, [("page", "2")]),
        (Listing("/departments", "departments", "none"), 0, []),
        (Listing("/departments", "departments", "none"), 7, []),
        (
            Listing("/offers", "offers", "page", 9, {"scope": "all", "ids[]": ("1", "2")}),
            1,
            [("scope", "all"), ("ids[]", "1"), ("ids[]", "2"), ("limit", "9"), ("page", "1")],
        ),
    ],
)  # fmt: skip
def test_a_page_is_asked_for_in_the_style_of_its_list(
    listing: Listing, at: int, expected: list[tuple[str, str]]
) -> None:
    assert page_params(listing, at) == expected


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS.keys())
def test_every_list_that_has_pages_names_its_limit(root: object) -> None:
    listing = ROOTS[root.name].listing  # type: ignore[attr-defined] # a root, by its registry

    assert listing.style == "none" or 0 < listing.limit <= 1000
