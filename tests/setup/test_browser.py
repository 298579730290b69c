"""The pages in a real browser: with its script and without, framed as Kombo's Connect SDK frames them."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.serving import eventually, serving, until
from tests.setup.browser import FLAGS, browser, missing
from tests.setup.conftest import COMPANY, SECRET, TOKEN, House

pytestmark = [
    pytest.mark.skipif(bool(missing()), reason=missing() or "there is one"),
    pytest.mark.xdist_group("browser"),
]
WITHIN_MS = 15_000
PHONE = {"width": 360, "height": 740}
# What a page does that shows a link in a frame: the frame's messages end it.
HOST = """<!doctype html><body><script>
const frame = document.createElement("iframe");
frame.src = new URLSearchParams(location.search).get("link");
frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups");
frame.style = "width:100%;height:95vh";
window.addEventListener("message", (event) => {
  if (event.source === frame.contentWindow) { window.told = event.data; }
});
document.body.append(frame);
</script>"""


class Browser:
    """One browser; each reader has a context of their own."""

    def __init__(self, chromium: Any) -> None:
        self._chromium = chromium

    @contextlib.asynccontextmanager
    async def page(self, refused: list[str] | None = None, **context: Any) -> AsyncIterator[Any]:
        """Open a page; its faults, a refused style or script among them, fail the test.

        But for those who expect some and give a list for them.
        """
        opened = await self._chromium.new_context(**context)
        page = await opened.new_page()
        page.set_default_timeout(WITHIN_MS)
        faults: list[str] = [] if refused is None else refused
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: _heard(said, faults))
        yield page
        await opened.close()
        assert refused is not None or faults == []


@pytest.fixture(scope="module")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=browser(), args=list(FLAGS))
        yield Browser(started)
        await started.close()


async def test_a_person_links_a_company_and_watches_the_webhook_arrive(
    house: House, chromium: Browser
) -> None:
    reader = await house.reader(organization_name="Acme", redirect_uri=f"{house.url}/healthz")
    async with chromium.page() as page:
        await page.goto(reader.link)
        await _give(page)
        await page.get_by_text("Everything can be read.").wait_for()
        await page.get_by_role("link", name="Continue").click()
        await page.get_by_role("button", name="Copy").click()
        await page.get_by_role("button", name="Copied").wait_for()

        # Nobody reloads: the page looks by itself.
        await house.register(await page.get_by_label("Paste this address").input_value())
        await page.locator("[data-fact=test_seen].seen").wait_for()
        await page.get_by_label("Webhook secret").fill(SECRET)
        await page.get_by_role("button", name="Save secret").click()
        await page.locator("[data-fact=secret_set].seen").wait_for()
        connection = await house.only()
        await house.ready(connection.id)
        await house.change()
        await page.locator("[data-fact=signed_seen].seen").wait_for()
        assert SECRET not in await page.content() and TOKEN not in await page.content()
        await page.get_by_role("button", name="Finish", exact=True).click()
        await page.wait_for_url("**/healthz?result=success&**")

        assert f"integrated_account_id={connection.id}" in page.url
        assert (await page.goto(reader.link)).status == 410
        assert "used already" in await page.inner_text("main")


async def test_all_works_without_a_script_and_fits_a_phone(house: House, chromium: Browser) -> None:
    reader = await house.reader()
    async with chromium.page(
        java_script_enabled=False, viewport=PHONE, color_scheme="dark"
    ) as page:
        await page.goto(reader.link)
        await _fits(page)
        await _give(page, "wrong")
        await page.get_by_role("alert").wait_for()
        await _give(page)
        await _fits(page)
        await page.get_by_role("link", name="Continue").click()
        await _fits(page)
        await house.register(await page.get_by_label("Paste this address").input_value())
        await page.get_by_role("link", name="Look again").click()
        await page.locator("[data-fact=test_seen].seen").wait_for()
        await page.get_by_label("Webhook secret").fill(SECRET)
        await page.get_by_role("button", name="Save secret").click()
        await page.get_by_role("button", name="Finish", exact=True).click()
        await page.get_by_role("heading", name="Recruitee is connected").wait_for()


async def test_a_frame_is_told_the_activation_token_and_that_it_is_closed(
    house: House, chromium: Browser
) -> None:
    made = await house.sdk().connect.create_connection_link_async(
        end_user_email="ada@acme.example", end_user_organization_name="Acme"
    )
    app = Starlette(routes=[Route("/", _host)])
    async with serving(app) as host, chromium.page() as page:
        # Another name of this machine is another site to a browser.
        other = host.replace("127.0.0.1", "localhost")
        await page.goto(f"{other}/?link={made.data.link}")
        frame = page.frame_locator("iframe")
        await frame.get_by_role("button", name="Cancel").click()
        await eventually(lambda: _told(page, "close"))
        await _give(frame)
        await frame.get_by_role("link", name="Continue").click()
        await frame.get_by_role("button", name="Finish without webhook").click()
        told = await eventually(lambda: _told(page, "success"))

    found = await house.sdk().connect.get_integration_by_token_async(token=told["activation_token"])
    assert found.data.id == (await house.only()).integration_id


async def test_a_link_that_is_not_embedded_cannot_be_framed(
    house: House, chromium: Browser
) -> None:
    reader = await house.reader()
    app = Starlette(routes=[Route("/", _host)])
    refused: list[str] = []
    async with serving(app) as host, chromium.page(refused) as page:
        await page.goto(f"{host}/?link={reader.link}")
        await until(lambda: refused)
        assert await page.frame_locator("iframe").get_by_label("API token").count() == 0
    assert "frame-ancestors" in refused[0]


async def test_every_field_has_a_label_and_every_page_a_heading_and_a_language(
    house: House, chromium: Browser
) -> None:
    reader = await house.reader()
    async with chromium.page() as page:
        await page.goto(reader.link)
        for step in ("access", "checks", "webhook"):
            if step == "checks":
                await _give(page)
                await page.get_by_text("Everything can be read.").wait_for()
            await page.goto(f"{reader.link}?step={step}")
            assert await page.evaluate(UNLABELLED) == []
            assert await page.locator("h1").count() == 1
            assert await page.locator("[aria-current=step]").count() == 1
            assert await page.locator("html").get_attribute("lang") == "en"


UNLABELLED = (
    "Array.from(document.querySelectorAll('input')).filter(i => !i.labels.length).map(i => i.id)"
)


async def _give(page: Any, token: str = TOKEN) -> None:
    await page.get_by_label("Company id or subdomain").fill(COMPANY)
    await page.get_by_label("API token").fill(token)
    await page.get_by_role("button", name="Connect and check").click()


async def _fits(page: Any) -> None:
    """Nothing is wider than the screen."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def _told(page: Any, kind: str) -> Any:
    told = await page.evaluate("window.told")
    return (told["data"] or True) if told and told["type"] == kind else None


async def _host(_: Request) -> Response:
    return HTMLResponse(HOST)


def _heard(said: Any, faults: list[str]) -> None:
    # A page that answers 4xx, or that may not be framed, is said there too: that is what is tested.
    if said.type == "error" and "Failed to load resource" not in said.text:
        faults.append(said.text)
