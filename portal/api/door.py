"""The doors of the API: a token opens them, never a cookie; every error is a problem (RFC 9457)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, current_app, g, make_response, request
from werkzeug.exceptions import HTTPException

from portal.access import scope, throttle
from portal.access.actor import NOBODY, Actor, OrganisationKind, Role
from portal.access.permissions import Permission
from portal.api import queries, service
from portal.api.models import TokenScope
from portal.core import i18n
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LazyText as _l
from portal.core.web import csrf

PER_MINUTE = 600
WRONG_TRIES = 60
POLICY = f'"default";q={PER_MINUTE};w=60'
PREFIX = "/api/v1/"

PROBLEMS = {
    "bad-request": (400, _l("The request could not be understood")),
    "unauthorized": (401, _l("A valid token is needed")),
    "forbidden": (403, _l("The token may not do this")),
    "not-found": (404, _l("Not found")),
    "method-not-allowed": (405, _l("This address does not take that method")),
    "conflict": (409, _l("This cannot be done now")),
    "under-way": (409, _l("The first request under this key is still under way")),
    "too-large": (413, _l("Too large")),
    "unsupported-media-type": (415, _l("This kind of content is not taken")),
    "invalid": (422, _l("A value cannot be taken")),
    "key-reused": (422, _l("The key was used for another request")),
    "too-many-requests": (429, _l("Too many requests")),
    "broken": (500, _l("The portal made a mistake")),
}


class Problem(Exception):
    """An error for a program: a code of `PROBLEMS`, a sentence with the remedy, the field."""

    def __init__(
        self, code: str, detail: object, *, field: str | None = None, **headers: str
    ) -> None:
        super().__init__(code)
        self.code, self.detail, self.field, self.headers = code, detail, field, headers

    @property
    def status(self) -> int:
        """The HTTP status."""
        return PROBLEMS[self.code][0]

    def as_json(self) -> dict[str, Any]:
        """The members that RFC 9457 names, and the field if one is meant."""
        body = {
            "type": f"{current_app.config['BASE_URL']}/api/docs#{self.code}",
            "title": str(PROBLEMS[self.code][1]),
            "status": self.status,
            "detail": str(self.detail),
        }
        return body | ({"field": self.field} if self.field else {})

    def response(self) -> Response:
        """The answer."""
        made = Response(
            json.dumps(self.as_json(), ensure_ascii=False),
            self.status,
            content_type="application/problem+json",
        )
        made.headers["Content-Language"] = i18n.language()
        for name, value in self.headers.items():
            made.headers[name.replace("_", "-")] = value
        return made


def speak() -> None:
    """Speak the language the program asks for; English when it asks for none of ours."""
    i18n.speak(request.accept_languages.best_match(i18n.LANGUAGES) or "en")


def refused(refusal: Refused) -> Problem:
    """A refusal of a verb as a problem: a field is 422, a state 409."""
    if isinstance(refusal, FieldError):
        return Problem("invalid", refusal.sentence, field=refusal.field)
    return Problem("conflict", refusal.sentence)


def of_http(error: HTTPException) -> Problem:
    """An error of the web floor under the API's addresses as a problem."""
    code = {
        404: "not-found", 405: "method-not-allowed", 413: "too-large",
        415: "unsupported-media-type", 429: "too-many-requests",
    }.get(error.code or 500, "bad-request")  # fmt: skip
    details = {
        "not-found": _l("There is nothing at this address, or nothing of your company."),
        "method-not-allowed": _l("The documentation at /api/docs names what each address takes."),
        "too-large": _l("Send fewer lines at once."),
    }
    problem = Problem(code, details.get(code, _l("Check the request against /api/docs.")))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        problem.headers["Allow"] = ", ".join(sorted(allowed))
    return problem


NOT_FOUND = ("not-found", _l("There is nothing at this address, or nothing of your company."))


def opens(permission: Permission) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Open a view to a token that holds a permission (`API_READ` or `API_ANSWER`).

    A cookie is no token: whoever is logged in is nobody here, so that no other site can make a
    browser speak to the API.
    """

    def mark(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def opened(**parameters: Any) -> Response:
            speak()
            used: int | None = None
            try:
                used = _enter(permission)
                answer = make_response(view(**parameters))
            except Problem as problem:
                db.session.rollback()
                answer = problem.response()
            except Refused as refusal:
                db.session.rollback()
                answer = refused(refusal).response()
            except HTTPException as error:
                db.session.rollback()
                answer = of_http(error).response()
            if used is not None:
                answer.headers["RateLimit-Policy"] = POLICY
                left = max(0, PER_MINUTE - used)
                answer.headers["RateLimit"] = f'"default";r={left};t={_seconds_left()}'
            answer.headers["Vary"] = "Authorization, Accept-Language"
            return answer

        opened.permission = permission  # type: ignore[attr-defined]
        csrf.exempt(opened)
        return opened

    return mark


def _seconds_left() -> int:
    return max(1, math.ceil(60 - now().timestamp() % 60))


def _enter(permission: Permission) -> int:
    """Let a token in and put its wall around the request; return how often it asked this minute."""
    at = now()
    g.account, g.actor = None, NOBODY
    scope.act_as(NOBODY)
    kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
    token = None
    if kind.lower() == "bearer" and secret.strip():
        token = queries.by_secret(secret.strip(), at=at)
    if token is None:
        if secret and throttle.exceeded(
            f"api-from:{throttle.network(request.remote_addr)}", most=WRONG_TRIES, window=900, at=at
        ):
            raise Problem(
                "too-many-requests",
                _l("Too many unknown tokens came from your address. Try again later."),
                Retry_After="900",
            )
        raise Problem(
            "unauthorized",
            _l("Send a token that is neither expired nor revoked: Authorization: Bearer kcp_…"),
            WWW_Authenticate='Bearer realm="api"',
        )
    actor = Actor(
        token.account_id, token.company_id, OrganisationKind.COMPANY, Role.REPRESENTATIVE,
        f"API: {token.name}",
    )  # fmt: skip
    token_id, may_answer = token.id, token.scope is TokenScope.ANSWER
    is_worth_noting = service.is_worth_noting(token, at=at)
    used = throttle.counted(f"api:{token_id}", window=60, at=at)
    if used > PER_MINUTE:
        raise Problem(
            "too-many-requests",
            _l("The token has used up what it may ask in a minute. Wait as Retry-After says."),
            Retry_After=str(_seconds_left()),
            RateLimit_Policy=POLICY,
            RateLimit=f'"default";r=0;t={_seconds_left()}',
        )
    if is_worth_noting:
        with transaction():
            service.note_use(token_id, program=request.user_agent.string, at=at)
    g.actor, g.token_id = actor, token_id
    scope.act_as(actor)
    if permission is Permission.API_ANSWER and not may_answer:
        raise Problem(
            "forbidden", _l("This token may only read. Make one that may answer, and use that.")
        )
    return used
