"""Doors of the API room: the pages of its tokens, its documentation, and the API itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from cryptography.fernet import InvalidToken
from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    g,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from portal.access import scope
from portal.access.actor import Actor
from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.api import door, queries, reading, service, spec
from portal.api.door import Problem, opens
from portal.api.forms import CreateForm
from portal.api.models import ApiToken, TokenScope
from portal.companies.models import Company
from portal.core import i18n, web
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.secrets import seal, unseal
from portal.core.web import back, refuse
from portal.reconciliations import queries as reconciliations
from portal.reconciliations import service as reconciling
from portal.reconciliations.counting import Line
from portal.reconciliations.models import CompanyCount, FiledBy
from portal.removal_requests import answers
from portal.removal_requests import queries as requests
from portal.removal_requests import service as removal_requests
from portal.removal_requests.models import Outcome, RemovalRequest, RevealPurpose

bp = Blueprint("api", __name__)
BATCH = 1000


# Pages for people


@bp.get("/api/tokens")
@requires(Permission.TOKENS_READ)
def tokens() -> str:
    """The tokens of the company; for the regulator, those of every company."""
    return _tokens(CreateForm())


def _tokens(form: CreateForm) -> str:
    at = now()
    rows = [(token, token.state(at)) for token in queries.tokens()]
    return render_template("api/tokens.html", form=form, rows=rows)


@bp.post("/api/tokens/create")
@requires(Permission.TOKENS_EDIT)
def create_token() -> str:
    """Make a token; it is shown as the answer and nowhere else."""
    form = CreateForm()
    if form.validate_on_submit():
        try:
            with transaction():
                token, secret = service.create(
                    form.name.data or "",
                    TokenScope(form.scope.data),
                    days=form.days.data,
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            return render_template("api/created.html", token=token, secret=secret)
    return _tokens(form)


@bp.post("/api/tokens/<int:api_token_id>/revoke")
@requires(Permission.TOKENS_EDIT, on=ApiToken)
def revoke_token(token: ApiToken) -> AnyResponse:
    """End a token."""
    with transaction():
        service.revoke(token, by=actor(), at=now())
    flash(_("The token is revoked. It opens nothing any more."))
    return back(url_for(".tokens"))


@bp.get("/api/docs")
@requires(Permission.PUBLIC)
def docs() -> str:
    """The API for people who write programs for it."""
    base = current_app.config["BASE_URL"]
    return render_template("api/docs.html", base=base, **spec.guide())


@bp.get("/api/v1/openapi.json")
@requires(Permission.PUBLIC)
def openapi() -> Response:
    """The API for programs that write programs for it."""
    door.speak()
    answer = _json(spec.document())
    answer.headers["Vary"] = "Accept-Language"
    return answer


# The API


@bp.get("/api/v1/removal-requests")
@opens(Permission.API_READ)
def list_removal_requests() -> Response:
    """A page of what was delivered to the company."""
    at, me = now(), actor()
    given = reading.parameters(spec.OPERATIONS[0].parameters)
    most = int(given.pop("limit", 100))
    cursor = given.pop("cursor", None)
    # Bound to the company and to the filters: a cursor of somebody else opens nothing.
    bound = [me.organisation_id, "removal-requests", *sorted((k, str(v)) for k, v in given.items())]
    after = _opened(cursor, bound)
    start = (datetime.fromisoformat(after[0]), int(after[1])) if after else None
    rows = queries.removal_requests(
        me.organisation_id or 0, queries.Asked(**given), after=start, most=most + 1, at=at
    )
    shown = rows[:most]
    last = shown[-1][0] if len(rows) > most else None
    return _json(
        {
            "items": [reading.of_request(row, slug, at) for row, slug in shown],
            "next_cursor": _cursor(bound, [last.delivered_at.isoformat(), last.id])
            if last
            else None,
        }
    )


def _cursor(bound: list[Any], position: list[Any]) -> str:
    return seal(json.dumps([_mark(bound), position]))


def _mark(bound: list[Any]) -> str:
    return hashlib.sha256(json.dumps(bound).encode()).hexdigest()


def _opened(cursor: str | None, bound: list[Any]) -> list[Any] | None:
    if cursor is None:
        return None
    try:
        mark, position = json.loads(unseal(cursor))
    except (InvalidToken, ValueError, TypeError):
        mark, position = None, None
    if mark != _mark(bound) or not isinstance(position, list):
        raise Problem(
            "invalid",
            _l("This cursor is not one of these filters. Begin again without it."),
            field="cursor",
        )
    return position


def _one(number: str) -> tuple[RemovalRequest, str]:
    found = queries.removal_request(actor().organisation_id or 0, number)
    if found is None:
        raise Problem(*door.NOT_FOUND)
    return found[0], found[1]


@bp.get("/api/v1/removal-requests/<number>")
@opens(Permission.API_READ)
def get_removal_request(number: str) -> AnyResponse:
    """One request."""
    asked, slug = _one(number)
    answer = _json(reading.of_request(asked, slug, now()))
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag()
    return answer.make_conditional(request)


@bp.get("/api/v1/removal-requests/<number>/events")
@opens(Permission.API_READ)
def list_steps(number: str) -> Response:
    """What happened to one request. When the regulator recorded it is not the company's to know."""
    asked, _slug = _one(number)
    moments = asked.history(requests.events(asked.id))
    steps = [(moment.at, moment.step.value) for moment in moments]
    steps += [(moment.removed_at, "removal_claimed") for moment in moments if moment.removed_at]
    items = [
        {"at": reading.stamp(at), "step": step}
        for at, step in sorted(
            ((at, step) for at, step in steps if at is not None and step in spec.COMPANY_STEPS),
            key=lambda pair: (pair[0], spec.STEPS.index(pair[1])),
        )
    ]
    return _json({"items": items})


@bp.post("/api/v1/removal-requests/<number>/reveal")
@opens(Permission.API_ANSWER)
def reveal(number: str) -> Response:
    """Open a reference; the log says who, when and for what."""
    purpose = RevealPurpose(reading.body("Purpose")["purpose"])
    asked, _slug = _one(number)
    with transaction():
        reference = removal_requests.reveal(asked, purpose, by=actor(), at=now())
    return _json({"number": number, "reference": reference})


@bp.post("/api/v1/removal-requests/<number>/acknowledge")
@opens(Permission.API_ANSWER)
def acknowledge(number: str) -> AnyResponse:
    """Say that a request arrived."""
    asked, slug = _one(number)
    at = now()
    return _once(
        lambda: removal_requests.acknowledge(asked, by=actor(), at=at),
        lambda: reading.of_request(asked, slug, at),
    )


@bp.post("/api/v1/removal-requests/<number>/answer")
@opens(Permission.API_ANSWER)
def answer(number: str) -> AnyResponse:
    """Say what was decided."""
    given = reading.body("Answer")
    asked, slug = _one(number)
    at = now()
    return _once(
        lambda: removal_requests.decide(
            asked,
            outcome=Outcome(given["outcome"]),
            reason=given.get("reason", ""),
            removed_at=given.get("removed_at"),
            by=actor(),
            at=at,
        ),
        lambda: reading.of_request(asked, slug, at),
    )


def _once(verb: Callable[[], None], shown: Callable[[], dict[str, Any]]) -> AnyResponse:
    """Do a verb and show the record; under an Idempotency-Key only once.

    The answer is stored in the transaction of its effect: both are there, or neither.
    """
    key, token_id = request.headers.get("Idempotency-Key"), g.token_id
    if key is None:
        with transaction():
            verb()
            return _json(shown())
    if not 0 < len(key) <= 255 or not all("!" <= sign <= "~" for sign in key):
        raise Problem(
            "bad-request",
            _l("An Idempotency-Key has 1 to 255 visible ASCII characters."),
            field="Idempotency-Key",
        )
    asked = hashlib.sha256(
        f"{request.method} {request.path}\n".encode() + request.get_data()
    ).hexdigest()
    with transaction():
        claim, held = service.claim(token_id, key, asked, at=now())
        status, stored = held.status, held.body
    if claim is service.Claim.OTHER:
        raise Problem("key-reused", _l("Send another request under a key of its own."))
    if claim is service.Claim.UNDER_WAY:
        raise Problem("under-way", _l("Wait a moment and send it again as it is."), Retry_After="2")
    if claim is service.Claim.ANSWERED:
        return _stored(status or 200, stored or "")
    try:
        with transaction():
            verb()
            body = _text(shown())
            service.answer(token_id, key, status=200, body=body)
    except Refused as refusal:
        problem = door.refused(refusal)
        body = _text(problem.as_json())
        with transaction():
            service.answer(token_id, key, status=problem.status, body=body)
        raise problem from None
    return _stored(200, body)


def _stored(status: int, body: str) -> Response:
    kind = "application/json" if status == 200 else "application/problem+json"
    return Response(body, status, content_type=kind)


@bp.post("/api/v1/answers")
@opens(Permission.API_ANSWER)
def answer_many() -> Response:
    """Answer up to 10,000 requests, a line each; a line of the answer as soon as it is stored."""
    lines = reading.lines()
    parts = _results(lines, actor(), i18n.language())
    return Response(stream_with_context(parts), content_type="application/x-ndjson")


def _results(lines: list[bytes], me: Actor, language: str) -> Iterator[str]:
    for start in range(0, len(lines), BATCH):
        # The request is as good as over when this runs: the wall is put up again for each batch.
        scope.act_as(me)
        i18n.speak(language)
        results: list[dict[str, Any]] = []
        good: list[tuple[int, answers.Given]] = []
        for number, line in enumerate(lines[start : start + BATCH], start + 1):
            try:
                given = reading.line(line)
            except Problem as problem:
                results.append({"line": number, "number": reading.named(line), "result": "malformed",
                                **_said(problem.field, str(problem.detail))})  # fmt: skip
            else:
                good.append((number, given))
        with transaction():
            done = answers.answer_many([given for _n, given in good], by=me, at=now())
        for (number, given), (result, refusal) in zip(good, done, strict=True):
            said: dict[str, Any] = {"line": number, "number": given.number, "result": result}
            if refusal is not None:
                field = refusal.field if isinstance(refusal, FieldError) else None
                said |= _said(field, refusal.sentence)
            results.append(said)
        results.sort(key=lambda result: result["line"])
        yield "".join(_text(result) + "\n" for result in results)


def _said(field: str | None, detail: str) -> dict[str, str]:
    return ({"field": field} if field else {}) | {"detail": detail}


@bp.get("/api/v1/information-requests")
@opens(Permission.API_READ)
def list_information_requests() -> Response:
    """A page of what the police asked the company."""
    at, me = now(), actor()
    given = reading.parameters(spec.PAGED)
    most = int(given.get("limit", 100))
    bound = [me.organisation_id, "information-requests"]
    after = _opened(given.get("cursor"), bound)
    rows = queries.information_requests(
        me.organisation_id or 0, after=int(after[0]) if after else 0, most=most + 1
    )
    shown = rows[:most]
    last = shown[-1][0] if len(rows) > most else None
    return _json(
        {
            "items": [reading.of_information(row, slug, at) for row, slug in shown],
            "next_cursor": _cursor(bound, [last.id]) if last else None,
        }
    )


@bp.post("/api/v1/counts")
@opens(Permission.API_ANSWER)
def file_count() -> AnyResponse:
    """File the company's own count of a month; the answer has what it differs in."""
    at, me = now(), actor()
    given = reading.body("OwnCount")
    lines = reading.counted(given.get("lines", []), at=at)
    return _once(
        lambda: _file(given, lines, me, at),
        lambda: _count(_of_month(given["month"]), after=None, most=100),
    )


def _file(given: dict[str, Any], lines: list[Line], me: Actor, at: datetime) -> None:
    totals = given.get("totals", {})
    try:
        reconciling.file(
            db.session.get_one(Company, me.organisation_id), given["month"], totals=totals,
            lines=lines, note=given.get("note", ""), way=FiledBy.API, by=me, at=at,
        )  # fmt: skip
    except FieldError as error:
        if error.field not in totals:
            raise
        raise FieldError(f"totals/{error.field}", error.sentence) from None


@bp.get("/api/v1/counts/<month>")
@opens(Permission.API_READ)
def get_count(month: str) -> Response:
    """The company's latest count of a month, with a page of its differences."""
    count = _of_month(month)
    given = reading.parameters(spec.PAGED)
    after = _opened(given.get("cursor"), _bound(count))
    return _json(_count(count, after=after, most=int(given.get("limit", 100))))


def _of_month(month: str) -> CompanyCount:
    found = reconciliations.of_month(actor().organisation_id or 0, month)
    if found is None:
        raise Problem(*door.NOT_FOUND)
    return found


def _bound(count: CompanyCount) -> list[Any]:
    # Compared again, a count has other differences: a page of before has no next one.
    return [count.company_id, "counts", count.id, count.compared_at.isoformat()]


def _count(count: CompanyCount, *, after: list[Any] | None, most: int) -> dict[str, Any]:
    rows = queries.differences(count.id, after=int(after[0]) if after else 0, most=most + 1)
    shown = rows[:most]
    return {
        **reading.of_count(
            count,
            ours=reconciliations.our_totals(count.company_id, count.month),
            decided=reconciliations.tally(count.id),
        ),
        "is_closed": reconciliations.is_closed(count.company_id, count.month),
        "items": [reading.of_difference(one) for one in shown],
        "next_cursor": _cursor(_bound(count), [shown[-1].id]) if len(rows) > most else None,
    }


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _json(value: Any) -> Response:
    return Response(_text(value), content_type="application/json")


def _error(error: HTTPException) -> Any:
    """An error under the API's addresses is a problem; elsewhere it is a page."""
    if not request.path.startswith(door.PREFIX):
        return web.http_error(error)
    db.session.rollback()
    door.speak()
    return door.of_http(error).response()


for code in (400, 404, 405, 413, 415):
    bp.app_errorhandler(code)(_error)
