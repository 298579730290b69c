"""The steps as they are drawn: access, checks, webhook, and the end."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import Response

from service.setup import frame
from service.setup.costs import Finding, readable, unwritable
from service.setup.markup import Html, Part, tag
from service.setup.pieces import (
    actions,
    brand,
    button,
    fact,
    field,
    findings,
    folded,
    heading,
    hidden_field,
    leave,
    listed,
    note,
    submit,
    to,
    trail,
    wrong,
)
from service.setup.view import ACCESS, CHECKS, TITLES, WEBHOOK, View

CHECKING: Final = "Checking, some seconds ..."
KEPT: Final = (
    "What you paste is stored encrypted, never shown again, and used for this connection only."
)


def shown(
    view: View, step: str, problem: str = "", status: int = 200, company: str = ""
) -> Response:
    """Return the page of one step; `problem` says what was wrong with what was sent."""
    bodies: Mapping[str, Callable[[], list[Part]]] = {
        ACCESS: lambda: _access(view, problem, company),
        CHECKS: lambda: _checks(view, problem),
        WEBHOOK: lambda: _webhook(view, problem),
    }
    foot = tag("p", view.say(KEPT), class_="foot")
    return _page(view, view.say(TITLES[step]), [trail(view, step), *bodies[step]()], status, foot)


def notice(title: str, detail: str, status: int, language: str = "en") -> Response:
    """Return a page about a link that cannot be used."""
    card = tag("div", tag("h1", title), tag("p", detail, class_="lead"), class_="card")
    # Whoever framed the link is to see it too; there is nothing here to be tricked into.
    return frame.answer(title, brand(), card, status=status, language=language, embedded=True)


def ended(view: View, activation: str) -> Response:
    """Return the last page; who frames it is handed the activation token by its script."""
    token = tag("div", hidden=True, data_activation_token=activation)
    body: list[Part] = [
        tag("div", "✓", class_="big", aria_hidden="true"),
        *heading(view, "Recruitee is connected", "You are done and may close this window."),
        token if view.link.embedded else None,
    ]
    return _page(view, view.say("Connected"), body, 200)


def _page(
    view: View, title: str, body: list[Part], status: int, foot: Html | None = None
) -> Response:
    return frame.answer(
        title,
        brand(view.link.end_user.organization_name),
        tag("div", *body, class_="card"),
        foot,
        status=status,
        language=view.link.language,
        embedded=view.link.embedded,
        redirect_uri=view.link.redirect_uri,
    )


def _access(view: View, problem: str, company: str) -> list[Part]:
    fixed = view.connection.company_id if view.connection else ""
    invalid = "true" if problem else None
    about = "Paste an API token of your company. It is tried at once and stored encrypted."
    where = listed(
        view,
        "In Recruitee, open Settings, then Apps and plugins, then Personal API tokens.",
        "Press New token, name it, and copy it.",
        "The token sees what its owner sees, so best make it as an administrator.",
    )
    form = tag(
        "form",
        field(
            view, "company_id", "Company id or subdomain",
            "The number, or the first part of your address: acme of acme.recruitee.com",
            value=fixed or company, readonly=bool(fixed), required=True, maxlength=200,
            autocapitalize="none", spellcheck="false", aria_invalid=invalid,
        ),
        hidden_field(view, "api_token", "API token", maxlength=4096, aria_invalid=invalid),
        actions(submit(view, "Connect and check", CHECKING), leave(view)),
        method="post",
        action=f"{view.path}/credentials",
    )  # fmt: skip
    folder = folded(view.say("Where do I find the token?"), where, is_open=not problem)
    return [*heading(view, "Connect Recruitee", about), wrong(view, problem), folder, form]


def _checks(view: View, problem: str) -> list[Part]:
    say, writes = view.say, unwritable(view.report)
    found = readable(view.report)
    trouble = [each for each in found if each.status != "good"]
    fine = [each for each in found if each.status == "good"]
    readables = f"{say('Readable')}: {len(fine)}"
    refused = f"{say('Changes that may not be made with this token')}: {len(writes)}"
    return [
        tag("h1", say("What this token may see")),
        wrong(view, problem),
        _verdict(view, trouble),
        _no_webhooks(view),
        findings(view, trouble) if trouble else None,
        folded(readables, findings(view, fine), is_open=not trouble) if fine else None,
        folded(refused, findings(view, writes)) if writes else None,
        actions(
            to(view, WEBHOOK, "Continue", "button"),
            button(view, "check", "Check again", CHECKING, quiet=True),
            to(view, ACCESS, "Use another token"),
        ),
    ]


def _verdict(view: View, trouble: list[Finding]) -> Html:
    say = view.say
    if not view.report.get("models"):
        told = view.report.get("detail") or say("Recruitee did not answer in time.")
        return note("warn", say("The checks could not be finished."), str(told))
    if not trouble:
        name = view.connection.name if view.connection else ""
        return note("good", say("Everything can be read."), name)
    if any(each.status == "bad" for each in trouble):
        detail = say("You may go on without it. What is missing, and what that costs, is below.")
        return note("bad", say("Some things may not be read with this token."), detail)
    return note(
        "warn", say("Recruitee did not answer everything."), say("Check again in a minute.")
    )


def _no_webhooks(view: View) -> Html | None:
    role = view.report.get("role") or {}
    if role.get("manages_webhooks") is not False:
        return None
    detail = "The next step is then for a colleague who may: this link works for them too."
    return note("warn", view.say("The token's owner may not manage webhooks."), view.say(detail))


def _webhook(view: View, problem: str) -> list[Part]:
    say, have = view.say, view.facts["secret_set"]
    about = "Recruitee then tells us of every change at once. It takes two minutes, in Recruitee."
    hint = (
        "One is set. Paste another only if you made a new webhook."
        if have
        else "Open the webhook once more in Recruitee, press Show secret, and paste it here."
    )
    secret = tag(
        "form",
        hidden_field(view, "webhook_secret", "Webhook secret", hint, maxlength=512),
        submit(view, "Save secret", "Saving ...", quiet=have),
        method="post",
        action=f"{view.path}/secret",
    )
    paths = (
        "In Recruitee, open Settings, then Apps and plugins, then Webhooks, and press New webhook."
    )
    guide = tag(
        "ol",
        tag("li", say(paths)),
        tag("li", *_address(view)),
        tag("li", say("Press Test, then Verify and create.")),
        tag("li", secret),
        class_="guide",
    )
    arrived = tag("h2", say("What has arrived"))
    begun = [*heading(view, "Set up the webhook", about), wrong(view, problem)]
    return [*begun, guide, arrived, _facts(view), *_finish(view)]


def _address(view: View) -> list[Html | None]:
    say = view.say
    copy = tag(
        "button", say("Copy"), type="button", class_="quiet", hidden=True, data_copy="webhook_url",
        data_done=say("Copied"),
    )  # fmt: skip
    safe = view.hook_url.startswith("https://")
    unsafe = say("Recruitee takes https addresses only: this one is for trying things out.")
    return [
        tag("label", say("Paste this address there, and choose every event:"), for_="webhook_url"),
        tag(
            "div",
            tag("input", id="webhook_url", readonly=True, value=view.hook_url),
            copy,
            class_="copy",
        ),
        None if safe else tag("p", unsafe, class_="small"),
    ]


def _facts(view: View) -> Html:
    signed = {"seen": "arrived", "waiting": "with the next change in Recruitee"}
    return tag(
        "ul",
        fact(view, "test_seen", "Test request", seen="arrived", waiting="waiting"),
        fact(view, "secret_set", "Webhook secret", seen="set", waiting="waiting"),
        fact(view, "signed_seen", "First signed webhook", **signed),
        class_="facts",
        aria_live="polite",
        data_progress=f"{view.path}/progress",
        data_again=f"{view.path}?step={WEBHOOK}",
    )


def _finish(view: View) -> list[Html]:
    again = to(view, WEBHOOK, "Look again")
    busy = "Finishing ..."
    if view.hooked:
        return [actions(button(view, "finish", "Finish", busy), again)]
    late = "Without it we ask Recruitee by ourselves: changes arrive later, and some much later."
    without = button(view, "finish", "Finish without webhook", busy, quiet=True)
    return [actions(without, again), tag("p", view.say(late), class_="small")]
