"""The life of a scorecard: computed, with the company, frozen, published."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from portal.access.actor import Actor
from portal.access.scope import beyond_scope
from portal.companies.models import Company
from portal.core.audit import record
from portal.core.calendar import add_working_days, end_of_day, month_start
from portal.core.clock import SEOUL, local_date
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LANGUAGES, local, month_name
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.dialogue.punctuality import punctuality, within
from portal.documents import queries as stored
from portal.documents import service as documents
from portal.documents.models import Document, DocumentKind
from portal.holidays import queries as holidays
from portal.methodology import clocks, computing, promises
from portal.methodology import queries as methodology
from portal.methodology.cohort import followed, freeze_instant, month_bounds
from portal.methodology.method import MEASURES, Method
from portal.methodology.score import Score
from portal.methodology.sensitivity import Uncertainty, sensitivity, uncertainty
from portal.reconciliations import queries as counts
from portal.reconciliations import service as reconciliations
from portal.removal_requests import queries as requests
from portal.scorecards import copies, letters, queries
from portal.scorecards.certainty import Peer
from portal.scorecards.inputs import Inputs, content_hash
from portal.scorecards.models import (
    Copy,
    Correction,
    CorrectionStatus,
    Scorecard,
    ScorecardStatus,
)

WORKING_DAYS_TO_REPLY = 5
TEMPLATE = "scorecards/pdf.html"
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class NothingToAssess(FieldError):
    """A month in which no request was delivered to a company and nothing was due."""


def gather(
    company: Company, month: str, as_of: datetime, *, known_at: datetime | None = None
) -> Inputs:
    """The facts of a company's month, and the version of the method that was in force.

    `as_of` ends what happened, `known_at` what was known of it: a time that was corrected since, a
    delivery entered late, an exclusion agreed to. Without it, what was entered by `as_of` counts.
    """
    return queries.facts_of(company, month, as_of, _method(month), known_at=known_at or as_of)


def _method(month: str) -> Method:
    if not MONTH.fullmatch(month):
        raise FieldError("month", _("Write the month as 2026-03."))
    method = methodology.method_on(date.fromisoformat(f"{month}-01"))
    if method is None:
        raise FieldError(
            "month",
            _("No version of the methodology was in force in %(month)s.", month=month_name(month)),
        )
    return method


def compute(company: Company, month: str, as_of: datetime) -> Score:
    """The score of a company's month as it stood at an instant. Nothing is stored.

    To the last digit what the facts of `gather` give, of which a stored card holds every one.
    """
    return queries.score_of(company, month, as_of, _method(month))


def inputs_of(card: Scorecard, *, at: datetime) -> Inputs:
    """The facts behind a card: of a draft as they stand now, else as they were when it was sent."""
    if card.status is ScorecardStatus.DRAFT or card.inputs is None:
        return gather(card.company, card.month, as_of_for(card.month, at=at))
    return Inputs.from_dict(card.inputs)


def _score(inputs: Inputs) -> Score:
    return computing.compute(
        company=inputs.company,
        month=inputs.month,
        as_of=inputs.as_of,
        method=inputs.method,
        requests=inputs.requests,
        police=inputs.police,
        actions=inputs.actions,
        beside=inputs.beside,
    )


def as_it_stood(company: Company, month: str, as_of: datetime, *, at: datetime) -> Scorecard:
    """The card of a month as it stood at an instant, from what was entered by then. Not stored.

    Nothing is drawn for it. Refused at `as_of`: an instant that is still to come, or lies before
    the month.
    """
    if not MONTH.fullmatch(month):
        raise FieldError("month", _("Write the month as 2026-03."))
    if as_of > at:
        raise FieldError("as_of", _("This instant is still to come. Choose an earlier one."))
    if as_of < month_start(month):
        raise FieldError("as_of", _("%(month)s had not begun then.", month=month_name(month)))
    inputs = gather(company, month, as_of)
    score = _score(inputs)
    details = _details(inputs, score, None)
    return Scorecard(
        company=company, company_id=company.id, month=month, version=0, comment="",
        status=ScorecardStatus.DRAFT, unasked_reason="", as_of=as_of,
        methodology=inputs.method.version, letter=score.letter, score=_plain(score.to_dict()),
        details=_plain(details), summary=_plain(_summary(score, details)),
    )  # fmt: skip


def _drawn(inputs: Inputs, score: Score) -> Uncertainty | None:
    seed = f"{inputs.company}:{inputs.month}:{inputs.method.version}"
    return uncertainty(score, seed, inputs.method.draws, method=inputs.method)


def _details(inputs: Inputs, score: Score, drawn: Uncertainty | None) -> dict[str, Any]:
    """Both clocks in three parts, and the second page of the card."""
    runs = sensitivity([score], method=inputs.method)
    regulator = inputs.regulator
    parts = _timely(inputs) | {"regulator": _timely(inputs, regulator.actions)["R6"]}
    return _beside_the_index(inputs) | {
        "method": json.loads(inputs.method.to_json()),
        "timely": {id: list(counts) for id, counts in parts.items()},
        "regulator": {
            "intake_to_issue_hours": regulator.intake_to_issue_hours,
            "issue_to_delivery_hours": regulator.issue_to_delivery_hours,
        },
        "reconciliation": inputs.reconciliation,
        "uncertainty": None
        if drawn is None
        else {
            "low": drawn.low,
            "high": drawn.high,
            "letters": drawn.letters,
            "seed": drawn.seed,
            "draws": drawn.draws,
        },
        # One company only: a rank would say how many others have a card.
        "sensitivity": [
            {
                "name": run.name,
                "score": run.scores[score.company],
                "letter": run.letters[score.company],
            }
            for run in runs
        ],
    }


def _beside_the_index(inputs: Inputs) -> dict[str, Any]:
    """What is printed beside and never counts; nothing where the inputs are older than it."""
    held: dict[str, Any] = {}
    if inputs.clocks is not None:
        held["clocks"] = clocks.both_clocks(
            inputs.clocks, month=inputs.month, as_of=inputs.as_of, requests=inputs.requests
        )
    if inputs.dialogue is not None:
        month = within(inputs.dialogue, *month_bounds(inputs.month))
        held["dialogue"] = {
            name: [row.to_dict() for row in punctuality(facts)]
            for name, facts in (("month", month), ("year", inputs.dialogue))
        }
    if inputs.promises is None:
        return held
    rows = (
        promises.assess(
            promise, month=inputs.month, as_of=inputs.as_of, method=inputs.method,
            requests=inputs.requests, police=inputs.police, actions=inputs.actions,
        )
        for promise in inputs.promises
    )  # fmt: skip
    return held | {"promises": [row.to_dict() for row in rows if row is not None]}


def _timely(inputs: Inputs, actions: tuple[Any, ...] | None = None) -> dict[str, computing.Timely]:
    return computing.timely(
        month=inputs.month,
        as_of=inputs.as_of,
        method=inputs.method,
        requests=inputs.requests,
        police=inputs.police,
        actions=inputs.actions if actions is None else actions,
    )


def _summary(score: Score, details: Mapping[str, Any]) -> dict[str, Any]:
    drawn = details["uncertainty"]
    return {
        "letter": score.letter,
        "label": score.label,
        "cap": score.cap,
        "score": score.score,
        "low": drawn["low"] if drawn else None,
        "high": drawn["high"] if drawn else None,
        "requests": score.beside["requests"],
        "excluded": score.beside["excluded"],
        "median_hours": score.removal.median_hours,
        "regulator_median_hours": score.beside["regulator_median_hours"],
        "values": {id: measure.value for id, measure in score.measures.items()},
    }


def as_of_for(month: str, *, at: datetime) -> datetime:
    """The end of the follow-up, or now while it still runs."""
    return min(at, freeze_instant(month))


def draft(company: Company, month: str, *, why: str = "", by: Actor, at: datetime) -> Scorecard:
    """Compute a month as a draft. A draft is replaced; a frozen card gets a new version beside it.

    A new version of a frozen card says `why`: without, it is refused. A card that is with the
    company is computed again only once a correction that it asked for was granted; it stays there.
    """
    if not MONTH.fullmatch(month):
        raise FieldError("month", _("Write the month as 2026-03."))
    if company.is_sandbox:
        raise Refused(_("The sandbox company is made up: it has no cards."))
    if at < month_start(month):
        raise FieldError("month", _("%(month)s has not begun yet.", month=month_name(month)))
    company.check_lasts(date.fromisoformat(f"{month}-01"), field="month")
    hold(company)  # two officers at once: the second replaces the draft of the first
    card = queries.latest(company.id, month)
    if card is not None and card.status is ScorecardStatus.WITH_COMPANY:
        _refuse_without_grant(card)
    why = why.replace("\r\n", "\n").strip()
    if card is not None and card.is_binding and not why:
        raise FieldError(
            "why",
            _(
                "The card of %(month)s is frozen. Say what the new version corrects, and why: it is"
                " printed on it.",
                month=month_name(month),
            ),
        )
    refuse_personal_data(why, field="why")
    inputs = gather(company, month, as_of_for(month, at=at), known_at=at)
    score = _score(inputs)
    if not any(score.measures[id].n for id in score.measures) and not score.excluded:
        raise NothingToAssess(
            "month",
            _(
                "There is nothing to assess in %(month)s: no request was delivered, nothing was due.",
                month=month_name(month),
            ),
        )
    sent = dict(card.summary) if card and card.status is ScorecardStatus.WITH_COMPANY else None
    if card is None or card.is_binding:
        card = Scorecard(
            company_id=company.id, month=month, version=card.version + 1 if card else 1,
            status=ScorecardStatus.DRAFT, comment="", unasked_reason="", correction_reason=why,
        )  # fmt: skip
        db.session.add(card)
    elif card.version > 1 and why:
        card.correction_reason = why
    details = _details(inputs, score, _drawn(inputs, score))
    card.methodology = inputs.method.version
    card.as_of = inputs.as_of
    card.score = _plain(score.to_dict())
    card.details = _plain(details)
    card.letter = score.letter
    card.summary = _plain(_summary(score, details))
    card.inputs = inputs.to_dict()
    card.inputs_hash = content_hash(card.inputs)
    db.session.flush()
    _name_changes(card, sent)
    record("scorecards:compute", card, by=by, at=at, month=month, version=card.version,
           inputs_hash=card.inputs_hash, score=score.score, letter=score.letter, why=why)  # fmt: skip
    if sent is not None:
        letters.recomputed(card, at=at)
    return card


def _refuse_without_grant(card: Scorecard) -> None:
    states = {one.status for one in card.corrections}
    if CorrectionStatus.GRANTED not in states or CorrectionStatus.ASKED in states:
        raise Refused(
            _(
                "The card is with the company. It is computed again once every correction it asked"
                " for is decided and one of them is granted."
            )
        )


def _name_changes(card: Scorecard, sent: dict[str, Any] | None) -> None:
    """Keep what a correction changed: against the version before, or against what was sent."""
    held = queries.before(card)
    before = sent if held is None else held.summary
    if before is None:
        return
    known = {one["what"]: one["before"] for one in card.changes or ()} if sent else {}
    old, new = figures_of(before), figures_of(card.summary)
    card.changes = [
        {"what": what, "before": first, "after": new.get(what)}
        for what in old
        if (first := known.get(what, old[what])) != new.get(what)
    ]


def figures_of(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a card that a correction may change, by their names."""
    names = ("letter", "score", "requests", "excluded", "median_hours")
    return dict(summary["values"]) | {name: summary.get(name) for name in names}


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(value))
    return plain


def _refuse_while_followed(card: Scorecard) -> None:
    """Before the last request was followed to the horizon the figures still move."""
    end = freeze_instant(card.month, card.method)
    if card.as_of < end:
        raise Refused(
            _(
                "The requests of this month are followed until %(until)s. Compute the card again"
                " after that, then send it.",
                until=local(end, "instant", "Asia/Seoul"),
            )
        )


def send(card: Scorecard, *, by: Actor, at: datetime) -> None:
    """Give the company its right of reply: five Korean working days."""
    hold(card)
    if card.status is not ScorecardStatus.DRAFT:
        raise Refused(_("Only a draft is sent to the company."))
    _refuse_while_followed(card)
    card.move(ScorecardStatus.WITH_COMPANY)
    card.sent_at = at
    card.reply_due_at = end_of_day(
        add_working_days(local_date(at, SEOUL), WORKING_DAYS_TO_REPLY, holidays.extra_days("KR"))
    )
    record("scorecards:send", card, by=by, at=at, month=card.month, version=card.version,
           reply_due_at=card.reply_due_at, inputs_hash=card.inputs_hash)  # fmt: skip
    letters.sent(card, at=at)


def _with_company(card: Scorecard, *, at: datetime) -> None:
    """Refuse what the company says before a card is with it, or after its time."""
    hold(card)
    if card.status is not ScorecardStatus.WITH_COMPANY:
        raise Refused(_("A comment is made while the card is with the company."))
    if card.reply_due_at is not None and at > card.reply_due_at:
        raise Refused(_("The time for a comment ended %(when)s.", when=local(card.reply_due_at)))


def _words(text: str, field: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    refuse_personal_data(text, field=field)
    return text


def comment(
    card: Scorecard,
    text: str,
    *,
    remarks: Mapping[str, str] | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """The company's own words on its card, and `remarks` on single measures by their id.

    Printed as they are. Said again, they replace the old.
    """
    _with_company(card, at=at)
    text = _words(text, "comment")
    said = {id: _words((remarks or {}).get(id, ""), id) for id in MEASURES}
    said = {id: words for id, words in said.items() if words}
    if not text and not said:
        raise FieldError("comment", _("Write what you want printed on the card."))
    before = {"comment": card.comment, "remarks": card.remarks}
    card.comment, card.remarks, card.commented_at, card.commented_by = text, said, at, by.name
    record("scorecards:comment", card, by=by, at=at, month=card.month, before=before,
           after={"comment": text, "remarks": said})  # fmt: skip
    letters.commented(card, at=at)


def ask_correction(
    card: Scorecard,
    *,
    measure: str,
    case_no: str,
    what: str,
    why: str,
    by: Actor,
    at: datetime,
) -> Correction:
    """The company says that a figure, or a request by its number, is wrong on its card, and why.

    Refused: neither figure nor number, a number that is not on the card, no reason.
    """
    _with_company(card, at=at)
    case_no = case_no.strip()
    if measure not in ("", *MEASURES):
        raise FieldError("measure", _("Choose one."))
    if not measure and not case_no:
        raise FieldError("measure", _("Choose the figure, or give the number of the request."))
    if case_no and case_no not in _numbers_on(card):
        raise FieldError(
            "case_no", _("%(number)s is not on this card. Check the number.", number=case_no)
        )
    said = {"what": _words(what, "what"), "why": _words(why, "why")}
    for field, text in said.items():
        if not text:
            raise FieldError(field, _("Say what should be corrected, and why."))
    asked = Correction(
        card=card, company_id=card.company_id, measure=measure, case_no=case_no, **said,
        status=CorrectionStatus.ASKED, asked_at=at, asked_by=by.name, answer="",
    )  # fmt: skip
    db.session.add(asked)
    db.session.flush()
    record("scorecards:ask_correction", asked, by=by, at=at, card=card.id, measure=measure,
           case_no=case_no, **said)  # fmt: skip
    letters.correction_asked(card, at=at)
    return asked


def _numbers_on(card: Scorecard) -> set[str]:
    inputs = card.inputs or {}
    return {
        row["number"] for kind in ("requests", "police", "actions") for row in inputs.get(kind, ())
        if row.get("measure_type") != "block"
    }  # fmt: skip


def decide_correction(
    asked: Correction, decision: CorrectionStatus, *, reason: str, by: Actor, at: datetime
) -> None:
    """Grant or refuse a correction, with the reason; both are printed on the card.

    Refused for who issued the request it concerns. What was granted is then put right where it was
    entered, and the card computed again.
    """
    hold(asked)
    if decision is CorrectionStatus.ASKED:
        raise FieldError("decision", _("Choose one."))
    if asked.case_no and requests.was_issued_by(asked.company_id, asked.case_no, by.account_id):
        raise Refused(_("Somebody other than the person who issued the request decides."))
    reason = _words(reason, "reason")
    if not reason:
        raise FieldError("reason", _("Give the reason: it is printed on the card."))
    asked.move(decision)
    asked.answer, asked.decided_at, asked.decided_by = reason, at, by.name
    record("scorecards:decide_correction", asked, by=by, at=at, card=asked.scorecard_id,
           decision=decision.value, reason=reason)  # fmt: skip
    letters.correction_decided(asked.card, at=at)


def freeze(card: Scorecard, *, by: Actor, at: datetime, unasked: str = "") -> None:
    """Close the figures for ever, and keep what the card says of them in both languages.

    The clock makes the PDFs of it, or whoever opens one first: nobody who writes waits for pages.
    The company has answered, or its time has passed. A card that never was with the company is
    frozen only with a reason, which is printed.
    """
    hold(card)
    unasked = unasked.strip()
    if card.status is ScorecardStatus.DRAFT:
        if not unasked:
            raise Refused(_("The company has a right of reply: send the card to it first."))
        _refuse_while_followed(card)
        card.unasked_reason = unasked
    elif card.status is ScorecardStatus.WITH_COMPANY:
        if any(one.status is CorrectionStatus.ASKED for one in card.corrections):
            raise Refused(_("The company asked for corrections. Decide each of them first."))
        has_replied = bool(card.comment or card.remarks)
        if not has_replied and card.reply_due_at is not None and at <= card.reply_due_at:
            raise Refused(
                _("The company may reply until %(until)s.", until=local(card.reply_due_at))
            )
    else:
        raise Refused(_("This card is frozen already; a correction is a new version."))
    if not _follows(card):
        raise Refused(_("The card does not follow from its inputs. Compute it again."))
    _close_count(card, at=at)
    card.move(ScorecardStatus.FROZEN)
    card.frozen_at = at
    db.session.flush()
    _keep(card, Copy.COMPANY, at=at, released_at=None)
    record("scorecards:freeze", card, by=by, at=at, month=card.month, version=card.version,
           inputs_hash=card.inputs_hash, unasked=unasked)  # fmt: skip
    letters.frozen(card, at=at)
    held = queries.before(card)
    if held is not None:
        letters.corrected(card, queries.holders(card), at=at)


def _close_count(card: Scorecard, *, at: datetime) -> None:
    """The company's own count stands on the card as it was decided by now, and is filed no more.

    No figure of the card hangs on it.
    """
    reconciliations.close(card.company_id, card.month, at=at)
    said = counts.state(card.company_id, card.month)
    if card.inputs is not None and card.inputs.get("reconciliation") != said:
        card.inputs = {**card.inputs, "reconciliation": said}
        card.inputs_hash = content_hash(card.inputs)
        card.details = {**card.details, "reconciliation": said}


def _follows(card: Scorecard) -> bool:
    if card.inputs is None:
        return False
    again = _score(Inputs.from_dict(card.inputs)).to_dict()
    return content_hash(card.inputs) == card.inputs_hash and _plain(again) == card.score


KINDS = {
    Copy.COMPANY: DocumentKind.SCORECARD,
    Copy.REGULATOR: DocumentKind.SCORECARD_REGULATOR,
    Copy.OUTSIDE: DocumentKind.SCORECARD_OUTSIDE,
}


def _keep(
    card: Scorecard, copy: Copy, *, at: datetime, released_at: datetime | None
) -> list[Document]:
    """Keep what a copy says, in both languages, with the files inside; it is sealed when printed."""
    peers = _peers(card) if copy is Copy.REGULATOR else []
    return [
        documents.keep(
            KINDS[copy],
            template=TEMPLATE,
            content=_plain(
                copies.printable(card, language=language, at=at, copy=copy, peers=peers)
            ),
            company_id=card.company_id,
            subject_id=card.id,
            version=card.version,
            language=language,
            at=at,
            released_at=released_at,
            attachments=copies.attachments(card, language=language, copy=copy),
            is_sealed=True,
        )
        for language in LANGUAGES
    ]


def _peers(card: Scorecard) -> list[Peer]:
    """The other cards of the month, as far as the person may know of them."""
    return [
        Peer(one.figures, followed(held.requests, month=one.month, as_of=held.as_of))
        for one in queries.beside(card)
        for held in [Inputs.from_dict(one.inputs or {})]
    ]


def publish(card: Scorecard, *, by: Actor, at: datetime) -> None:
    """Let commissioners read the card, and release its documents. Its figures stay as frozen."""
    hold(card)
    if card.status is not ScorecardStatus.FROZEN:
        raise Refused(_("Only a frozen card is published."))
    card.move(ScorecardStatus.PUBLISHED)
    card.published_at = at
    for printed in stored.of_subject(DocumentKind.SCORECARD, subject_id=card.id):
        printed.released_at = at
    # The clock prints these, or whoever opens them first.
    for copy in (Copy.REGULATOR, Copy.OUTSIDE):
        _keep(card, copy, at=at, released_at=at)
    record("scorecards:publish", card, by=by, at=at, month=card.month, version=card.version)
    letters.published(card, at=at)


def verify(card: Scorecard) -> list[str]:
    """Compute a card again from what it holds: every place where it differs, none if it is true."""
    if card.inputs is None:
        return ["inputs"]
    differences = [] if content_hash(card.inputs) == card.inputs_hash else ["inputs_hash"]
    inputs = Inputs.from_dict(card.inputs)
    score = _score(inputs)
    details = _details(inputs, score, _drawn(inputs, score))
    again = {
        "score": score.to_dict(), "details": details, "summary": _summary(score, details)
    }  # fmt: skip
    for name, value in again.items():
        differences += _differences(name, getattr(card, name), _plain(value))
    return differences


class Difference(NamedTuple):
    """Where the rows say another thing now than the snapshot of a card: by number and field."""

    number: str
    field: str
    held: Any
    live: Any


def verify_live(card: Scorecard, *, at: datetime) -> list[Difference]:
    """Gather a card's facts anew, as of its own instant, and compare them with its snapshot.

    `at` ends what is known: a time corrected or an exclusion agreed to after the freeze differs, an
    answer that came later does not.
    """
    if card.inputs is None:
        return []
    live = queries.facts_of(card.company, card.month, card.as_of, card.method, known_at=at)
    return list(_row_differences(card.inputs, live.to_dict()))


def _row_differences(held: Mapping[str, Any], live: Mapping[str, Any]) -> Iterator[Difference]:
    kinds = [("requests", held, live), ("police", held, live), ("actions", held, live)]
    kinds.append(("actions", held["regulator"], live["regulator"]))
    for kind, one, other in kinds:
        before = {row["number"]: row for row in one[kind]}
        after = {row["number"]: row for row in other[kind]}
        for number in sorted(before.keys() | after.keys()):
            old, new = before.get(number), after.get(number)
            if old is None or new is None:
                yield Difference(
                    number, "row", *(("held", None) if new is None else (None, "live"))
                )
                continue
            for field in new:
                if old.get(field) != new[field]:
                    yield Difference(number, field, old.get(field), new[field])
    for place in ("beside", "regulator"):
        for field, value in live[place].items():
            # What a later edition of the portal counts besides is not on an older card.
            if field != "actions" and field in held[place] and held[place][field] != value:
                yield Difference(place, field, held[place][field], value)


def _differences(path: str, held: Any, again: Any) -> list[str]:
    if isinstance(held, dict) and isinstance(again, dict):
        return [
            line
            for key in sorted({*held, *again})
            for line in _differences(f"{path}.{key}", held.get(key), again.get(key))
        ]
    if isinstance(held, list) and isinstance(again, list) and len(held) == len(again):
        return [
            line
            for index, (one, other) in enumerate(zip(held, again, strict=True))
            for line in _differences(f"{path}.{index}", one, other)
        ]
    return [] if held == again else [path]


def kept_copy(card: Scorecard, *, language: str, copy: Copy = Copy.COMPANY) -> Document | None:
    """The document of a frozen card, printed or not: the copy that is asked for, else the company's.

    None before the card is frozen.
    """
    if not card.is_binding:
        return None
    # Whoever may see the card may hold its print, released to others or not.
    with beyond_scope("the document of a card that was found behind the wall"):
        held = {
            one.kind: one
            for kind in {KINDS[Copy.COMPANY], KINDS[copy]}
            for one in stored.of_subject(kind, subject_id=card.id)
            if one.language == language
        }
    return held.get(KINDS[copy]) or held.get(KINDS[Copy.COMPANY])


def pdf(card: Scorecard, *, language: str, at: datetime, copy: Copy = Copy.COMPANY) -> bytes:
    """The stored document of a frozen card; before that, a draft with its watermark.

    The regulator's copy and the one for outside are kept when the card is published; a card without
    them gives the company's.
    """
    held = kept_copy(card, language=language, copy=copy)
    if held is not None:
        return documents.stored(held if held.is_printed else documents.print_kept(held))
    return documents.print_pdf(
        TEMPLATE,
        copies.printable(
            card,
            language=language,
            at=at,
            copy=copy,
            peers=_peers(card) if copy is Copy.REGULATOR else [],
        ),
        language=language,
        made_at=at,
        is_draft=not card.is_binding,
        attachments=documents.attached(copies.attachments(card, language=language, copy=copy)),
    )
