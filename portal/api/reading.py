"""What a program sends, read and checked; and our records as it reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from flask import request

from portal.api import spec
from portal.api.door import Problem
from portal.core.calendar import FIRST_YEAR, LAST_YEAR
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.information_requests.models import InformationRequest
from portal.reconciliations import counting
from portal.reconciliations.models import CompanyCount, CountDifference, DifferenceKind
from portal.reconciliations.queries import UNANSWERED
from portal.removal_requests.answers import Given
from portal.removal_requests.importing import NUMBER
from portal.removal_requests.models import Outcome, RemovalRequest

MOST_BYTES = 8 * 1024 * 1024


def stamp(at: datetime | None) -> str | None:
    """An instant as the API writes it: UTC, RFC 3339."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def of_request(asked: RemovalRequest, platform: str, at: datetime) -> dict[str, Any]:
    """A removal request as its company may read it: no reference, nobody's name."""
    return {
        "number": asked.request_no,
        "platform": platform,
        "state": asked.status.value,
        "category": asked.category,
        "surface": asked.surface.value,
        "measure": asked.measure_type.value,
        "legal_ground": asked.legal_ground.value,
        "delivered_at": stamp(asked.delivered_at),
        "due_at": stamp(asked.due_at),
        "is_overdue": asked.is_overdue(at) and not asked.is_excluded,
        "acknowledged_at": stamp(asked.acknowledged_at),
        "decided_at": stamp(asked.decided_at),
        "outcome": asked.outcome.value if asked.outcome else None,
        "reason": asked.refusal_reason,
        "removed_at": stamp(asked.removed_at),
        "verified_at": stamp(asked.verified_at),
        "verification": asked.verification.value if asked.verification else None,
        "is_synthetic": asked.is_synthetic,
    }


def of_information(asked: InformationRequest, platform: str, at: datetime) -> dict[str, Any]:
    """An information request as its company may read it."""
    return {
        "number": asked.request_no,
        "platform": platform,
        "kind": asked.kind,
        "legal_basis": asked.legal_basis,
        "delivered_at": stamp(asked.delivered_at),
        "due_at": stamp(asked.due_at),
        "is_overdue": asked.is_overdue(at),
        "answered_at": stamp(asked.answered_at),
        "answer": asked.answer.value if asked.answer else None,
        "is_synthetic": asked.is_synthetic,
    }


def of_count(count: CompanyCount, *, ours: dict[str, int], decided: Any) -> dict[str, Any]:
    """A company's own count as it may read it, without its differences."""
    return {
        "month": count.month,
        "version": count.version,
        "filed_at": stamp(count.filed_at),
        "way": count.filed_by_way.value,
        "compared_at": stamp(count.compared_at),
        "note": count.note,
        "their_totals": count.totals,
        "our_totals": ours,
        "decisions": {
            "all": decided.differences,
            "open": decided.open,
            "company_was_right": decided.company_was_right,
            "regulator_was_right": decided.regulator_was_right,
            "neither_or_unclear": decided.neither_or_unclear,
        },
    }


def of_difference(one: CountDifference) -> dict[str, Any]:
    """One difference as its company may read it: who was right and why, not who decided."""
    is_theirs = one.kind in (DifferenceKind.ONLY_THEIRS, DifferenceKind.OUTCOME)
    is_ours = one.kind in (DifferenceKind.ONLY_OURS, DifferenceKind.OUTCOME)
    return {
        "kind": one.kind.value,
        "about": one.about,
        "their_outcome": (one.their_outcome or UNANSWERED) if is_theirs else None,
        "our_outcome": (one.our_outcome or UNANSWERED) if is_ours else None,
        "their_time": stamp(one.their_time),
        "our_time": stamp(one.our_time),
        "their_number": one.their_number,
        "our_number": one.our_number,
        "decision": one.right.value if one.right else None,
        "reason": one.reason or None,
        "decided_at": stamp(one.decided_at),
        "correction": one.correction.value if one.correction else None,
    }


def instant(value: Any, field: str) -> datetime:
    """An instant with its offset. Refused otherwise."""
    try:
        at = (
            datetime.fromisoformat(value)
            if isinstance(value, str) and "T" in value.upper()
            else None
        )
        if at is not None and at.tzinfo is not None and FIRST_YEAR <= at.year <= LAST_YEAR:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Problem(
        "invalid", _l("Give an instant with its offset, such as 2026-03-02T10:00:00+09:00."),
        field=field,
    )  # fmt: skip


def _one(schema: dict[str, Any], value: Any, field: str) -> Any:
    """A value as its schema wants it; within another its field is a path, such as lines/3/outcome."""
    if "anyOf" in schema:
        return None if value is None else _one(schema["anyOf"][0], value, field)
    if "$ref" in schema:
        return _members(value, spec.SCHEMAS[schema["$ref"].rpartition("/")[2]], f"{field}/")
    if schema.get("type") == "array":
        return _items(schema, value, field)
    if schema.get("type") == "integer":
        if type(value) is not int or not schema["minimum"] <= value <= schema["maximum"]:
            raise Problem("invalid", _l("Write a whole number, 0 or more."), field=field)
        return value
    if schema.get("format") == "date-time":
        return instant(value, field)
    if (
        not isinstance(value, str)
        or "\0" in value
        or (not value.isprintable() and "\n" not in value)
    ):
        raise Problem("invalid", _l("Give a text without control characters."), field=field)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Problem(
            "invalid", _l("Give a text without control characters."), field=field
        ) from None
    if "enum" in schema and value not in schema["enum"]:
        known = ", ".join(schema["enum"])
        raise Problem("invalid", _l("Give one of: %(known)s.", known=known), field=field)
    most = schema.get("maxLength")
    if most is not None and len(value) > most:
        raise Problem("invalid", _l("At most %(most)s characters.", most=most), field=field)
    if len(value) < schema.get("minLength", 0):
        raise Problem("invalid", _l("Give a value, or leave it out."), field=field)
    return value


def _items(schema: dict[str, Any], value: Any, field: str) -> list[Any]:
    if not isinstance(value, list):
        raise Problem("invalid", _l("Send a JSON array."), field=field)
    if len(value) > schema["maxItems"]:
        most = f"{schema['maxItems']:,}"
        raise Problem("invalid", _l("At most %(most)s lines.", most=most), field=field)
    return [_one(schema["items"], one, f"{field}/{place}") for place, one in enumerate(value)]


def parameters(known: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The parameters of the query. Refused: unknown names, names given twice, wrong values."""
    by_name = {parameter["name"]: parameter["schema"] for parameter in known}
    found: dict[str, Any] = {}
    for name, values in request.args.lists():
        if name not in by_name or len(values) != 1:
            raise Problem(
                "invalid",
                _l("Give each parameter once; known are: %(known)s.", known=", ".join(by_name)),
                field=name,
            )
        schema, value = by_name[name], values[0]
        if schema.get("type") != "integer":
            found[name] = _one(schema, value, name)
            continue
        number = int(value) if value.isascii() and value.isdecimal() and len(value) < 9 else 0
        if not schema["minimum"] <= number <= schema["maximum"]:
            raise Problem(
                "invalid",
                _l("Give a whole number from 1 to %(most)s.", most=schema["maximum"]),
                field=name,
            )
        found[name] = number
    return found


def _object(text: bytes, schema: dict[str, Any]) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Problem("bad-request", _l("This is not JSON in UTF-8.")) from None
    return _members(value, schema)


def _members(value: Any, schema: dict[str, Any], within: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Problem("invalid", _l("Send a JSON object."), field=within.rstrip("/") or None)
    known = schema["properties"]
    for name in value:
        if name not in known:
            raise Problem(
                "invalid", _l("Unknown member; known are: %(known)s.", known=", ".join(known)),
                field=within + name[:60],
            )  # fmt: skip
    for name in schema["required"]:
        if name not in value:
            raise Problem("invalid", _l("This member is required."), field=within + name)
    return {name: _one(known[name], given, within + name) for name, given in value.items()}


def body(name: str) -> dict[str, Any]:
    """The JSON object that was sent, checked against a schema of the document."""
    if request.mimetype != "application/json":
        raise Problem("unsupported-media-type", _l("Send it as application/json."))
    if (request.content_length or 0) > MOST_BYTES:
        raise Problem("too-large", _l("Send at most 8 MB at once."))
    return _object(request.get_data(), spec.SCHEMAS[name])


def lines() -> list[bytes]:
    """The lines that were sent, without empty ones at the end."""
    if request.mimetype != "application/x-ndjson":
        raise Problem("unsupported-media-type", _l("Send it as application/x-ndjson."))
    most = _l("Send at most %(most)s lines and 8 MB at once.", most="10,000")
    if (request.content_length or 0) > MOST_BYTES:
        raise Problem("too-large", most)
    found = request.get_data().rstrip().split(b"\n")
    if len(found) > spec.MOST_LINES:
        raise Problem("too-large", most)
    return found if found != [b""] else []


def line(text: bytes) -> Given:
    """One line of many answers. Refused: what is no answer to a request."""
    given = _object(text, spec.SCHEMAS["AnswerLine"])
    word = given["outcome"]
    if word == "acknowledged" and len(given) > 2:
        raise Problem(
            "invalid", _l("An acknowledgement has no more than its number."), field="outcome"
        )
    outcome = None if word == "acknowledged" else Outcome(word)
    return Given(given["number"], outcome, given.get("reason", ""), given.get("removed_at"))


def named(text: bytes) -> str | None:
    """The number that a line names which cannot be read otherwise; None where it names none."""
    try:
        given = json.loads(text)
        number: str = _one(
            spec.SCHEMAS["AnswerLine"]["properties"]["number"], given["number"], "number"
        )
    except (ValueError, RecursionError, TypeError, KeyError, Problem):
        return None
    return number or None


def counted(given: list[dict[str, Any]], *, at: datetime) -> list[counting.Line]:
    """The lines of a company's own count. Refused: one that contradicts itself or another."""
    found: dict[str, counting.Line] = {}
    for place, one in enumerate(given):
        number, outcome = one["number"], one["outcome"]
        times = (one.get(name) for name in counting.COLUMNS[2:])
        line = counting.Line(number, None if outcome == UNANSWERED else outcome, *times)
        wrong = counting.wrong(line, at=at)
        if not NUMBER.fullmatch(number):
            wrong = [("number", _("Use letters, digits, - . / only, at most 60."))]
        elif number in found:
            wrong = [("number", _("This number stood in an earlier line. Keep one of the two."))]
        for column, remedy in wrong:
            raise Problem("invalid", remedy, field=f"lines/{place}/{column}")
        found[number] = line
    return list(found.values())
