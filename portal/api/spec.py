"""The OpenAPI 3.1 document, made here and nowhere else: the served file, the page and the checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from portal.api.door import PER_MINUTE, PROBLEMS
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.information_requests.models import Answer
from portal.reconciliations.counting import CODES
from portal.reconciliations.models import Correction, DifferenceKind, FiledBy, Right
from portal.reconciliations.queries import TOTALS
from portal.reconciliations.service import LONGEST_NOTE, MOST_COUNTED
from portal.removal_requests.models import (
    LegalGround,
    MeasureType,
    Outcome,
    RequestStatus,
    RevealPurpose,
    Surface,
    Verification,
)
from portal.removal_requests.queries import COMPANY_STATES
from portal.webhooks.models import HookEvent

MOST_LINES = 10_000
MOST_COUNT_LINES = 50_000
MOST_PAGE = 500
LONGEST_REASON = 500
NUMBER = r"^[A-Za-z0-9._-]{1,60}$"
MONTH = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"


def ref(name: str) -> dict[str, str]:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def text(**more: Any) -> dict[str, Any]:
    """A string."""
    return {"type": "string"} | more


def number(**more: Any) -> dict[str, Any]:
    """A whole number."""
    return {"type": "integer"} | more


def moment(**more: Any) -> dict[str, Any]:
    """An instant as RFC 3339 writes it, with its offset."""
    return {"type": "string", "format": "date-time"} | more


def maybe(schema: dict[str, Any]) -> dict[str, Any]:
    """A value or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def words(of: Any) -> dict[str, Any]:
    """One of the words of a closed list."""
    return {"type": "string", "enum": [getattr(word, "value", word) for word in of]}


def some(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    """An object that a program sends: what is not required may be left out."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def record(properties: dict[str, Any]) -> dict[str, Any]:
    """An object all of whose members are always there."""
    return some(properties, *properties)


ANSWER = {
    "outcome": words(Outcome),
    "reason": text(maxLength=LONGEST_REASON),
    "removed_at": moment(),
}
STEPS = (
    "recorded", "issued", "delivered", "acknowledged", "removal_claimed", "decided", "verified",
    "rechecked", "extended", "corrected", "disputed", "dispute_decided", "reappeared", "excluded",
)  # fmt: skip
COMPANY_STEPS = STEPS[1:]
"""When the regulator recorded a draft is its own affair."""


def page_of(item: str) -> dict[str, Any]:
    """A page of a list, with the cursor of the next one."""
    return record({"items": {"type": "array", "items": ref(item)}, "next_cursor": maybe(text())})


SCHEMAS: dict[str, Any] = {
    "RemovalRequest": record(
        {
            "number": text(), "platform": text(), "state": words(RequestStatus),
            "category": text(), "surface": words(Surface), "measure": words(MeasureType),
            "legal_ground": words(LegalGround), "delivered_at": maybe(moment()),
            "due_at": maybe(moment()), "is_overdue": {"type": "boolean"},
            "acknowledged_at": maybe(moment()), "decided_at": maybe(moment()),
            "outcome": maybe(words(Outcome)), "reason": maybe(text()),
            "removed_at": maybe(moment()), "verified_at": maybe(moment()),
            "verification": maybe(words(Verification)), "is_synthetic": {"type": "boolean"},
        }
    ),
    "RemovalRequests": page_of("RemovalRequest"),
    "Answer": some(ANSWER, "outcome"),
    "Purpose": record({"purpose": words(RevealPurpose)}),
    "Reference": record({"number": text(), "reference": text()}),
    "Step": record({"at": moment(), "step": words(COMPANY_STEPS)}),
    "Steps": record({"items": {"type": "array", "items": ref("Step")}}),
    "AnswerLine": some(
        {"number": text(maxLength=60), **ANSWER, "outcome": words([*Outcome, "acknowledged"])},
        "number", "outcome",
    ),
    "LineResult": {
        "type": "object",
        "properties": {
            "line": {"type": "integer"}, "number": maybe(text()),
            "result": words(("done", "known", "unknown", "refused", "malformed")),
            "field": text(), "detail": text(),
        },
        "required": ["line", "number", "result"], "additionalProperties": False,
    },
    "InformationRequest": record(
        {
            "number": text(), "platform": text(), "kind": text(), "legal_basis": text(),
            "delivered_at": moment(), "due_at": moment(), "is_overdue": {"type": "boolean"},
            "answered_at": maybe(moment()), "answer": maybe(words(Answer)),
            "is_synthetic": {"type": "boolean"},
        }
    ),
    "InformationRequests": page_of("InformationRequest"),
    "CountTotals": some({name: number(minimum=0, maximum=MOST_COUNTED) for name in TOTALS}),
    "CountLine": some(
        {
            "number": text(minLength=1, maxLength=60), "outcome": words(CODES),
            "delivered_at": maybe(moment()), "answered_at": maybe(moment()),
            "removed_at": maybe(moment()),
        },
        "number", "outcome",
    ),
    "OwnCount": some(
        {
            "month": text(pattern=MONTH), "totals": ref("CountTotals"),
            "lines": {"type": "array", "items": ref("CountLine"), "maxItems": MOST_COUNT_LINES},
            "note": text(maxLength=LONGEST_NOTE),
        },
        "month",
    ),
    "CountDifference": record(
        {
            "kind": words(DifferenceKind), "about": text(),
            "their_outcome": maybe(words(CODES)), "our_outcome": maybe(words(CODES)),
            "their_time": maybe(moment()), "our_time": maybe(moment()),
            "their_number": maybe(number()), "our_number": maybe(number()),
            "decision": maybe(words(Right)), "reason": maybe(text()),
            "decided_at": maybe(moment()), "correction": maybe(words(Correction)),
        }
    ),
    "CountDecisions": record(
        {"all": number(), "open": number(), **{right.value: number() for right in Right}}
    ),
    "Count": record(
        {
            "month": text(), "version": number(), "filed_at": moment(), "way": words(FiledBy),
            "is_closed": {"type": "boolean"}, "compared_at": moment(), "note": text(),
            "their_totals": ref("CountTotals"), "our_totals": ref("CountTotals"),
            "decisions": ref("CountDecisions"),
            "items": {"type": "array", "items": ref("CountDifference")},
            "next_cursor": maybe(text()),
        }
    ),
    "Message": record({"type": words(HookEvent), "timestamp": moment(), "data": ref("News")}),
    "News": some(
        {
            "number": text(), "state": words(RequestStatus), "outcome": maybe(words(Outcome)),
            "verification": maybe(words(Verification)), "due_at": maybe(moment()),
        }
    ),
    "Problem": {
        "type": "object",
        "properties": {
            "type": text(format="uri-reference"), "title": text(), "status": {"type": "integer"},
            "detail": text(), "field": text(),
        },
        "required": ["type", "title", "status", "detail"],
    },
}  # fmt: skip


def query(name: str, description: object, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter of the query."""
    return {
        "name": name, "in": "query", "required": False, "description": description,
        "schema": schema,
    }  # fmt: skip


PAGED = (
    query(
        "limit", _l("How many at most; 100 where it is left out."),
        {"type": "integer", "minimum": 1, "maximum": MOST_PAGE},
    ),
    query(
        "cursor", _l("next_cursor of the page before. It holds for the same filters only."),
        text(minLength=1, maxLength=1000),
    ),
)  # fmt: skip
NUMBER_IN_PATH = {
    "name": "number", "in": "path", "required": True,
    "description": _l("The number of the request, as on every letter."),
    "schema": text(pattern=NUMBER),
}  # fmt: skip
MONTH_IN_PATH = {
    "name": "month", "in": "path", "required": True,
    "description": _l("The month, by Korean time, such as 2026-03."),
    "schema": text(pattern=MONTH),
}  # fmt: skip
KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "description": _l(
        "A word of your own for this request, such as a UUID. Sent again within 24 hours with the"
        " same content it gives the same answer and does nothing twice."
    ),
    "schema": text(minLength=1, maxLength=255, pattern=r"^[!-~]+$"),
}  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One thing a program can do."""

    id: str
    method: str
    path: str
    title: object
    text: object
    example: str
    answer: str
    parameters: tuple[dict[str, Any], ...] = ()
    body: str | None = None
    is_lines: bool = False
    problems: tuple[str, ...] = field(default=())


ONE = "/api/v1/removal-requests/{number}"
OPERATIONS = (
    Operation(
        "listRemovalRequests", "get", "/api/v1/removal-requests",
        _l("List the removal requests"),
        _l("What was delivered to your company, in the order of delivery, page by page. No reference"
           " is in it."),
        'curl -H "Authorization: Bearer $TOKEN" "$PORTAL/api/v1/removal-requests?state=undecided"',
        "RemovalRequests",
        (
            query("state", _l("Only requests in this state; undecided waits for your answer."),
                  words(COMPANY_STATES)),
            query("platform", _l("Only those to this platform."), text(maxLength=60)),
            query("delivered_from", _l("Delivered at this instant or later."), moment()),
            query("delivered_before", _l("Delivered before this instant."), moment()),
            query("due_before", _l("Unanswered, and due before this instant."), moment()),
            *PAGED,
        ),
        problems=("invalid",),
    ),
    Operation(
        "getRemovalRequest", "get", ONE, _l("Read one request"),
        _l("How it stands. With If-None-Match and the ETag of the last answer, 304 when nothing"
           " changed."),
        'curl -H "Authorization: Bearer $TOKEN" "$PORTAL/api/v1/removal-requests/$NUMBER"',
        "RemovalRequest", (NUMBER_IN_PATH,), problems=("not-found",),
    ),
    Operation(
        "listSteps", "get", ONE + "/events", _l("Read what happened to it"),
        _l("Every step with its time, in order."),
        'curl -H "Authorization: Bearer $TOKEN" "$PORTAL/api/v1/removal-requests/$NUMBER/events"',
        "Steps", (NUMBER_IN_PATH,), problems=("not-found",),
    ),
    Operation(
        "revealReference", "post", ONE + "/reveal", _l("Open the reference"),
        _l("The address of the content. Who opened it, when and for what is logged, each time."
           " Needs a token that may answer."),
        'curl -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json"'
        ' -d \'{"purpose": "to_answer"}\' "$PORTAL/api/v1/removal-requests/$NUMBER/reveal"',
        "Reference", (NUMBER_IN_PATH,), "Purpose",
        problems=("not-found", "conflict", "invalid", "unsupported-media-type", "forbidden"),
    ),
    Operation(
        "acknowledge", "post", ONE + "/acknowledge", _l("Acknowledge it"),
        _l("Says that it arrived. That is no answer: the clock runs on."),
        'curl -X POST -H "Authorization: Bearer $TOKEN"'
        ' "$PORTAL/api/v1/removal-requests/$NUMBER/acknowledge"',
        "RemovalRequest", (NUMBER_IN_PATH, KEY),
        problems=("not-found", "conflict", "key-reused", "forbidden"),
    ),
    Operation(
        "answer", "post", ONE + "/answer", _l("Answer it"),
        _l("What your company decided. A refusal needs its reason; a removal counts from removed_at"
           " once somebody else has checked it."),
        'curl -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json"'
        ' -H "Idempotency-Key: $KEY" -d \'{"outcome": "removed"}\''
        ' "$PORTAL/api/v1/removal-requests/$NUMBER/answer"',
        "RemovalRequest", (NUMBER_IN_PATH, KEY), "Answer",
        problems=("not-found", "conflict", "invalid", "key-reused", "unsupported-media-type",
                  "forbidden"),
    ),
    Operation(
        "answerMany", "post", "/api/v1/answers", _l("Answer many at once"),
        _l("One JSON object a line, up to 10,000 lines (8 MB). The answer has a line for each, as"
           " it is written: done, known (said before), unknown, refused or malformed. Each line is"
           " taken whole or not at all; the same file sent again is safe."),
        'curl -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/x-ndjson"'
        ' --data-binary \'{"number": "NUMBER-1", "outcome": "not_found"}\' "$PORTAL/api/v1/answers"',
        "LineResult", (), "AnswerLine", is_lines=True,
        problems=("too-large", "unsupported-media-type", "forbidden"),
    ),
    Operation(
        "listInformationRequests", "get", "/api/v1/information-requests",
        _l("List the police's information requests"),
        _l("What the police asked your company, and by when. They are answered on the portal."),
        'curl -H "Authorization: Bearer $TOKEN" "$PORTAL/api/v1/information-requests"',
        "InformationRequests", PAGED, problems=("invalid",),
    ),
    Operation(
        "fileCount", "post", "/api/v1/counts", _l("File your own count of a month"),
        _l("What your company counted: totals, or a line for each request (up to 50,000 lines and"
           " 8 MB), or both where they add up. It is compared with the portal's requests at once;"
           " filed again it is a new version, until the card of the month is frozen. A field of the"
           " problem such as lines/3/outcome counts from 0."),
        'curl -X POST -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json"'
        ' -H "Idempotency-Key: $KEY" -d \'{"month": "2026-02", "totals": {"requests": 148}}\''
        ' "$PORTAL/api/v1/counts"',
        "Count", (KEY,), "OwnCount",
        problems=("conflict", "invalid", "key-reused", "too-large", "unsupported-media-type",
                  "forbidden"),
    ),
    Operation(
        "getCount", "get", "/api/v1/counts/{month}", _l("Read what became of it"),
        _l("Both counts of the month, and page by page where they differ: who was right about each,"
           " with the reason. Decisions come one by one; after each the count is compared again and"
           " the cursors of before end."),
        'curl -H "Authorization: Bearer $TOKEN" "$PORTAL/api/v1/counts/$MONTH"',
        "Count", (MONTH_IN_PATH, *PAGED), problems=("not-found", "invalid"),
    ),
)  # fmt: skip

HEADERS = {
    "RateLimit": {"description": "r: left in this window, t: seconds until it ends",
                  "schema": text()},
    "RateLimit-Policy": {"description": "q: allowed, w: seconds of the window", "schema": text()},
}  # fmt: skip


def _plain(value: Any) -> Any:
    """The same with every sentence in the reader's language."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def document() -> dict[str, Any]:
    """The document in the reader's language."""
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return _plain(  # type: ignore[no-any-return]
        {
            "openapi": "3.1.0",
            "info": {
                "title": _("Consultation portal: API for companies"),
                "version": "1.0.0",
                "description": _("Read the requests to your company and answer them."),
            },
            "servers": [{"url": current_app.config["BASE_URL"]}],
            "security": [{"token": []}],
            "paths": paths,
            "webhooks": {
                event.value: {
                    "post": {
                        "operationId": event.value,
                        "security": [],
                        "requestBody": {
                            "content": {"application/json": {"schema": ref("Message")}}
                        },
                        "responses": {"200": {"description": _("Accepted")}},
                    }
                }
                for event in HookEvent
            },
            "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
                "schemas": SCHEMAS,
            },
        }
    )


def _operation(operation: Operation) -> dict[str, Any]:
    kind = "application/x-ndjson" if operation.is_lines else "application/json"
    headers = dict(HEADERS)
    if operation.id == "getRemovalRequest":
        headers["ETag"] = {"schema": text()}
    schema = text() if operation.is_lines else ref(operation.answer)
    made: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.title,
        "description": operation.text,
        "parameters": list(operation.parameters),
        "responses": {
            "200": {
                "description": _("Done"), "headers": headers, "content": {kind: {"schema": schema}},
            }
        },
    }  # fmt: skip
    if operation.is_lines:
        made["responses"]["200"]["content"][kind]["x-line"] = ref(operation.answer)
    if operation.body:
        sent = text() if operation.is_lines else ref(operation.body)
        made["requestBody"] = {"required": True, "content": {kind: {"schema": sent}}}
        if operation.is_lines:
            made["requestBody"]["content"][kind]["x-line"] = ref(operation.body)
    for code in ("unauthorized", "too-many-requests", "bad-request", *operation.problems):
        status, title = PROBLEMS[code]
        made["responses"][str(status)] = {
            "description": title,
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
    return made


def guide() -> dict[str, Any]:
    """What the page says besides the document."""
    return {
        "operations": OPERATIONS,
        "problems": PROBLEMS,
        "events": list(HookEvent),
        "per_minute": PER_MINUTE,
        "schemas": SCHEMAS,
    }
