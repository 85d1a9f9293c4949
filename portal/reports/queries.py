"""Questions about reports, and everything that goes into one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import selectinload, undefer

from portal.actions import queries as actions
from portal.actions.models import COUNTED, ActionItem
from portal.batches import queries as batches
from portal.batches.queries import Compared
from portal.companies import queries as companies
from portal.companies.models import Company, NameChange, Named, PlatformChange
from portal.consultations.models import Consultation, ConsultationStatus
from portal.core.audit import AuditEvent
from portal.core.calendar import month_end, month_start, next_month
from portal.core.db import SecondsBetween, db
from portal.core.outbox import Letter
from portal.errata.models import Erratum, ErratumStatus
from portal.facts import queries as facts
from portal.facts.models import PublishedFact
from portal.facts.queries import Standstill
from portal.methodology import queries as methodology
from portal.methodology.cohort import ANSWERS, REMOVAL_OUTCOMES, freeze_instant
from portal.methodology.method import VERSION_1_0, Method
from portal.minutes.models import Minutes, MinutesStatus, OutcomeKind
from portal.minutes.models import Outcome as Decided
from portal.reconciliations import queries as reconciliations
from portal.removal_requests.models import (
    MeasureType,
    Outcome,
    RemovalRequest,
    RemovalRequestEvent,
    Verification,
)
from portal.removal_requests.queries import IS_EXCLUDED
from portal.reports.models import Report, ReportStatus
from portal.scorecards import queries as scorecards
from portal.scorecards import schedule
from portal.scorecards.models import MonthStepKind, Scorecard

R = RemovalRequest
TREND_MONTHS = 12
FINAL = scorecards.BINDING
NEVER_FIXED = (ConsultationStatus.DRAFT, ConsultationStatus.POLLING)
GRACE = timedelta(hours=1)
"""How long a step or a letter may take before it counts as late."""
CALLED_OFF = ConsultationStatus.CANCELLED

# Reports


def listed(*, words: str = "", since: str = "", until: str = "") -> Select[Any]:
    """Every report the person may know of, the newest month and version first.

    `words` must all stand in it, in either language; `since` and `until` are months, both included.
    """
    statement = select(Report).order_by(Report.month.desc(), Report.version.desc())
    for word in words.lower().split():
        statement = statement.where(Report.words.contains(word, autoescape=True))
    if words:
        statement = statement.options(undefer(Report.content))
    if since:
        statement = statement.where(Report.month >= since)
    if until:
        statement = statement.where(Report.month <= until)
    return statement


class Passage(NamedTuple):
    """Where a word stands in a report, as it is written there, and in which language that is."""

    before: str
    word: str
    after: str
    language: str


def passage(report: Report, words: str, language: str) -> Passage | None:
    """Where the first word stands: in the reader's language if it does, in a sentence if it does."""
    word = words.lower().split()[0]
    for tongue in sorted(report.content, key=lambda one: one != language):
        found = [text for text in texts(report.content[tongue]) if word in text.lower()]
        if found:
            text = next((one for one in found if len(one) >= SENTENCE), found[0])
            place = text.lower().index(word)
            end = place + len(word)
            before, after = text[max(0, place - 60) : place], text[end : end + 90]
            # No word is cut in two.
            before = before if place <= 60 else before.partition(" ")[2]
            after = after if len(text) <= end + 90 else after.rpartition(" ")[0]
            return Passage(before, text[place:end], after, tongue)
    return None


SENTENCE = 30
"""A text this long says something by itself; a shorter one is a name or the cell of a table."""


def texts(content: Any) -> Iterator[str]:
    """Every text of a content, without its drawings."""
    if isinstance(content, str):
        if not content.startswith("<svg"):
            yield content
    elif isinstance(content, dict | list):
        for one in content.values() if isinstance(content, dict) else content:
            yield from texts(one)


def latest(month: str) -> Report | None:
    """The latest version of a month's report."""
    return db.session.scalar(
        select(Report).where(Report.month == month).order_by(Report.version.desc()).limit(1)
    )


def with_content(report_id: int) -> Report | None:
    """One report with what it says."""
    return db.session.scalar(
        select(Report)
        .options(undefer(Report.content))
        .where(Report.id == report_id)
        .execution_options(populate_existing=True)
    )


def of_months(months: Sequence[str]) -> dict[str, Report]:
    """The latest version of the report of each of these months."""
    rows = db.session.scalars(
        select(Report).where(Report.month.in_(months)).order_by(Report.month, Report.version)
    )
    return {report.month: report for report in rows}


def has_changed_cards(report: Report) -> bool:
    """Whether anything happened to a card of the month since the report last looked at them.

    For a released report only a card that was frozen since: it makes a new version.
    """
    since = max(filter(None, (report.made_at, report.checked_at)))
    of_month = select(Scorecard.id).where(Scorecard.month == report.month)
    if report.status is ReportStatus.RELEASED:
        found = of_month.where(Scorecard.frozen_at > since)
    else:
        found = select(AuditEvent.id).where(
            AuditEvent.subject == Scorecard.__tablename__,
            AuditEvent.subject_id.in_(of_month),
            AuditEvent.at > since,
        )
    return db.session.scalar(found.limit(1)) is not None


def waiting_in(month: str) -> list[Company]:
    """The companies whose card of a month is not final."""
    return _waiting(companies.all_companies(), cards_of(month), without_card(month))


def without_card(month: str) -> set[int]:
    """The companies, by number, of which nothing was asked in a month: they get no card."""
    return {
        step.company_id
        for step in schedule.steps([month])
        if step.company_id and step.kind is MonthStepKind.CLOSE and step.is_empty
    }


def _waiting(
    everyone: Sequence[Company], cards: Mapping[int, Scorecard], empty: set[int]
) -> list[Company]:
    return [
        one
        for one in everyone
        if (one.id not in empty if (card := cards.get(one.id)) is None else not card.is_binding)
    ]


def undelivered(reports: Sequence[Report], *, at: datetime) -> dict[int, int]:
    """By report the letters of its release that an hour later had not left."""
    rows = db.session.execute(
        select(Letter.about_id, func.count())
        .where(
            Letter.about == Report.__tablename__,
            Letter.about_id.in_([report.id for report in reports]),
            Letter.kind == "reports:release",
            Letter.sent_at.is_(None),
            Letter.written_at < at - GRACE,
        )
        .group_by(Letter.about_id)
    )
    return {report_id or 0: number for report_id, number in rows}


def versions(month: str) -> Sequence[Report]:
    """Every version of a month's report, the newest first."""
    return db.session.scalars(
        select(Report).where(Report.month == month).order_by(Report.version.desc())
    ).all()


# Requests by month, counted in the database


@dataclass(frozen=True, slots=True)
class Flow:
    """The requests of one company and month, and how many were answered and gone in time.

    `followed_…` are those followed long enough to say; blocks and exclusions are in none of these.
    """

    requests: int = 0
    followed_to_answer: int = 0
    answered: int = 0
    followed_to_removal: int = 0
    gone: int = 0

    def __add__(self, other: Flow) -> Flow:
        return Flow(
            self.requests + other.requests,
            self.followed_to_answer + other.followed_to_answer,
            self.answered + other.answered,
            self.followed_to_removal + other.followed_to_removal,
            self.gone + other.gone,
        )


def flows(
    company_ids: Sequence[int], months: Sequence[str], *, at: datetime, method: Method
) -> dict[tuple[int, str], Flow]:
    """By company and month, in one query, by the definitions of R1 and R2.

    Each month as it stood when its requests had been followed to the end, or at `at` where that is
    earlier: a trend says the same of a month whenever it is drawn.
    """
    moments = {
        month: literal(min(at, freeze_instant(month, method)), R.issued_at.type) for month in months
    }
    seen_at = case(moments, value=R.month)
    zero = func.coalesce(R.delivered_at, R.issued_at, type_=R.issued_at.type)
    gone_at = func.coalesce(R.removed_at, R.verified_at, type_=R.removed_at.type)
    is_answered = and_(
        R.outcome.in_([Outcome(code) for code in sorted(ANSWERS)]),
        R.decided_at <= seen_at,
        SecondsBetween(zero, R.decided_at) <= method.answer_hours * 3600,
    )
    is_removal = or_(
        *(
            and_(
                R.measure_type == MeasureType(measure_type),
                R.outcome.in_([Outcome(code) for code in outcomes]),
            )
            for measure_type, outcomes in REMOVAL_OUTCOMES.items()
        )
    )
    is_gone = and_(
        R.verification == Verification.GONE,
        R.verified_at <= seen_at,
        is_removal,
        gone_at <= seen_at,
        SecondsBetween(zero, gone_at) <= method.removal_hours * 3600,
    )
    followed = SecondsBetween(zero, seen_at)
    to_answer = followed >= method.answer_hours * 3600
    to_removal = followed >= method.removal_hours * 3600
    rows = db.session.execute(
        select(
            R.company_id, R.month, func.count(R.id), _number(to_answer),
            _number(and_(to_answer, is_answered)), _number(to_removal),
            _number(and_(to_removal, is_gone)),
        )
        .where(
            R.company_id.in_(company_ids), R.month.in_(months), ~IS_EXCLUDED,
            R.measure_type != MeasureType.BLOCK, zero <= seen_at,
        )
        .group_by(R.company_id, R.month)
    )  # fmt: skip
    return {
        (company_id, month or ""): Flow(*(int(number) for number in numbers))
        for company_id, month, *numbers in rows
    }


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


# What goes into a report


@dataclass(frozen=True)
class Gathered:
    """Everything a report is made of, as it stood at an instant."""

    month: str
    at: datetime
    method: Method
    months: list[str]
    companies: Sequence[Company]
    names: Mapping[int, Named]
    """By company the name it had on the last day of the month."""
    renamed: Mapping[int, NameChange]
    """By company the name that it gave up in the month."""
    changes: Mapping[int, Sequence[PlatformChange]]
    """By company the platforms that came to it or left it in the month."""
    cards: dict[int, Scorecard]
    before: dict[int, Scorecard]
    """The cards of the month before."""
    letters: dict[tuple[int, str], Row[Any]]
    """Of the twelve months: methodology, status, summary and measures, by company and month."""
    flows: Mapping[tuple[int, str], Flow]
    consultations: Sequence[Consultation]
    moved_by: Mapping[int, str]
    decisions: Sequence[Any]
    agreed: Sequence[ActionItem]
    due: Sequence[ActionItem]
    done: Sequence[ActionItem]
    overdue: Sequence[Any]
    timely: list[actions.MonthCount]
    facts: list[PublishedFact]
    standstill: Standstill | None
    """When nobody sat in the commission, as published."""
    since: datetime
    """When the report before was made: what was corrected since is told in this one."""
    corrected: Corrected
    batches: Sequence[tuple[int, Sequence[Compared]]]
    """The unannounced batches that opened since, by company."""
    empty: set[int]
    """The companies, by number, of which nothing was asked: they have no card."""

    @property
    def waiting(self) -> list[Company]:
        """The companies whose card is not final."""
        return _waiting(self.companies, self.cards, self.empty)


def gather(month: str, *, at: datetime) -> Gathered:
    """Read everything for a month; the number of queries does not grow with the companies."""
    months = [next_month(month, step) for step in range(1 - TREND_MONTHS, 1)]
    everyone = companies.all_companies(lasting=date.fromisoformat(f"{month}-01"))
    ids = [company.id for company in everyone]
    method = methodology.method_on(date.fromisoformat(f"{month}-01")) or VERSION_1_0
    held = consultations_of(month)
    since = made_before(month)
    cards_then = letters_of(months)
    return Gathered(
        month=month,
        at=at,
        method=method,
        months=months,
        companies=everyone,
        names=companies.names_on(month_end(month)),
        renamed=companies.renamed_in(month),
        changes=companies.changes_in(month),
        cards=cards_of(month),
        before=cards_of(months[-2]),
        letters=cards_then,
        flows=flows(ids, months, at=at, method=method) | flows_on(cards_then, ids),
        consultations=held,
        moved_by=moved_by(held),
        decisions=decisions_of(month),
        agreed=agreed_in(month),
        due=actions.due_in(month),
        done=done_in(month),
        overdue=overdue_before(month, at=at),
        timely=actions.by_month(months[0], month, at=at),
        facts=national(month),
        standstill=facts.national().standstill,
        since=since,
        corrected=corrected(since, at),
        batches=batches_of(since, at),
        empty=without_card(month),
    )


def cards_of(month: str) -> dict[int, Scorecard]:
    """By company the latest frozen card, else what there is of one."""
    present = {card.company_id: card for card in scorecards.of_month(month)}
    if all(card.is_binding for card in present.values()):
        return present
    frozen = scorecards.of_month(month, statuses=scorecards.BINDING)
    return present | {card.company_id: card for card in frozen}


def letters_of(months: Sequence[str]) -> dict[tuple[int, str], Row[Any]]:
    """By company and month summary and measures of the latest frozen card, else of what there is."""
    rows = db.session.execute(
        select(
            Scorecard.company_id, Scorecard.month, Scorecard.methodology, Scorecard.status,
            Scorecard.summary, Scorecard.score["measures"].label("measures"),
        )
        .where(Scorecard.month.in_(months))
        .order_by(Scorecard.status.in_(scorecards.BINDING), Scorecard.version)
    )  # fmt: skip
    return {(row.company_id, row.month): row for row in rows}


def flows_on(
    cards: Mapping[tuple[int, str], Row[Any]], company_ids: Sequence[int]
) -> dict[tuple[int, str], Flow]:
    """By company and month what its frozen card counted: R1 and R2 by its own method, and no
    exclusion, move or answer that came after it."""
    return {
        of: Flow(
            row.summary["requests"],
            *(row.measures[id][field] for id in ("R1", "R2") for field in ("n", "x")),
        )
        for of, row in cards.items()
        if row.status in scorecards.BINDING and of[0] in company_ids
    }  # fmt: skip


def _in_month(column: Any, month: str) -> ColumnElement[bool]:
    return and_(column >= month_start(month), column < month_start(next_month(month)))


def consultations_of(month: str) -> Sequence[Consultation]:
    """What was fixed for a day of the month, whether it stayed there or not, in order."""
    return db.session.scalars(
        select(Consultation)
        .options(selectinload(Consultation.history))
        .where(
            Consultation.status.not_in(NEVER_FIXED),
            # Called off while slots were offered: it never had a date and is no cancellation.
            or_(Consultation.serial.is_not(None), Consultation.status != CALLED_OFF),
            or_(
                _in_month(Consultation.starts_at, month),
                _in_month(Consultation.original_starts_at, month),
            ),
        )
        .order_by(Consultation.starts_at, Consultation.id)
    ).all()


def moved_by(consultations: Sequence[Consultation]) -> dict[int, str]:
    """Which side asked that a consultation be moved, where it was postponed before; by the log."""
    rows = db.session.execute(
        select(AuditEvent.subject_id, AuditEvent.details)
        .where(
            AuditEvent.subject == Consultation.__tablename__,
            AuditEvent.subject_id.in_([one.id for one in consultations]),
            AuditEvent.verb == "consultations:postponed",
        )
        .order_by(AuditEvent.id)
    )
    return {subject_id: str(details.get("side", "")) for subject_id, details in rows}


def decisions_of(month: str) -> Sequence[Any]:
    """The decisions of the minutes that both sides adopted in the month."""
    return db.session.execute(
        select(
            Minutes.company_id, Minutes.serial, Minutes.adopted_at, Decided.text_ko,
            Decided.text_en,
        )
        .join(Decided, Decided.minutes_id == Minutes.id)
        .where(
            Decided.kind == OutcomeKind.DECISION,
            Minutes.embargo_id.is_(None),
            Minutes.status.in_((MinutesStatus.ADOPTED, MinutesStatus.SUPERSEDED)),
            _in_month(Minutes.adopted_at, month),
        )
        .order_by(Minutes.adopted_at, Minutes.id, Decided.id)
    ).all()  # fmt: skip


def agreed_in(month: str) -> Sequence[ActionItem]:
    """The action items that were agreed in the month, whatever became of them."""
    return db.session.scalars(
        select(ActionItem)
        .where(_in_month(ActionItem.agreed_at, month))
        .order_by(ActionItem.agreed_at, ActionItem.id)
    ).all()


def done_in(month: str) -> Sequence[ActionItem]:
    """The action items whose evidence was accepted, by when it was reported."""
    return db.session.scalars(
        select(ActionItem)
        .where(_in_month(ActionItem.done_at, month), ActionItem.status.in_(COUNTED))
        .order_by(ActionItem.done_at, ActionItem.id)
    ).all()


def made_before(month: str) -> datetime:
    """When the report of the month before was last made; without one, the month's beginning."""
    made_at = db.session.scalar(
        select(func.max(Report.made_at)).where(Report.month == next_month(month, -1))
    )
    return made_at or month_start(month)


@dataclass(frozen=True)
class Corrected:
    """What was said before and is said otherwise since."""

    cards: Sequence[Scorecard]
    errata: Sequence[Any]
    times: Sequence[Any]
    """By company the number of requests of which a time was corrected."""
    counts: Sequence[Any]
    """By company and month what was decided of the company's own count (`reconciliations.decided`)."""


def corrected(since: datetime, until: datetime) -> Corrected:
    """New versions of frozen cards, agreed errata, corrected times and decided differences of counts,
    after one instant up to another."""
    return Corrected(
        cards=db.session.scalars(
            select(Scorecard)
            .where(
                Scorecard.version > 1, Scorecard.frozen_at > since, Scorecard.frozen_at <= until
            )
            .order_by(Scorecard.frozen_at, Scorecard.id)
        ).all(),
        errata=db.session.execute(
            select(Minutes.company_id, Minutes.serial, Erratum.number, Erratum.decided_at)
            .join(Erratum, Erratum.minutes_id == Minutes.id)
            .where(
                Minutes.embargo_id.is_(None),
                Erratum.status == ErratumStatus.AGREED,
                Erratum.decided_at > since,
                Erratum.decided_at <= until,
            )
            .order_by(Erratum.decided_at, Erratum.id)
        ).all(),
        times=db.session.execute(
            select(R.company_id, func.count(R.id.distinct()))
            .join(RemovalRequestEvent, RemovalRequestEvent.request_id == R.id)
            .where(
                RemovalRequestEvent.corrected.is_not(None),
                RemovalRequestEvent.at > since,
                RemovalRequestEvent.at <= until,
            )
            .group_by(R.company_id)
            .order_by(R.company_id)
        ).all(),
        counts=reconciliations.decided(since, until),
    )  # fmt: skip


def batches_of(since: datetime, until: datetime) -> list[tuple[int, list[Compared]]]:
    """The unannounced batches that opened in a time: the company, and R1 and R2 beside the rest."""
    return [(one.company_id, batches.compared(one)) for one in batches.opened(since, until)]


def overdue_before(month: str, *, at: datetime) -> Sequence[Any]:
    """What had fallen due before the month and is not done: number and oldest date by owner."""
    return db.session.execute(
        select(
            ActionItem.company_id, ActionItem.owner, func.count(ActionItem.id),
            func.min(ActionItem.due_at),
        )
        .where(
            ActionItem.due_at < month_start(month),
            ActionItem.status.in_(COUNTED),
            or_(ActionItem.done_at.is_(None), ActionItem.done_at > at),
        )
        .group_by(ActionItem.company_id, ActionItem.owner)
        .order_by(ActionItem.company_id, ActionItem.owner)
    ).all()  # fmt: skip


NATIONAL = (
    "Sexual deepfake correction requests",
    "Sexual deepfake items actioned",
    "All digital sex crime correction requests",
    "Digital sex crime reports received",
    "Voluntary correction requests to",
    "KNPA deepfake cases",
    "Victim centre:",
)
"""How the statements begin that stand for the whole country."""
PERIOD = re.compile(r"(\d{4})(?:-01\.\.(\d{4}-\d{2}))?")
YEARS = 2


def national(month: str) -> list[PublishedFact]:
    """Published national figures of the last two years that were over, and of the year begun."""
    known = []
    for fact in facts.all_facts():
        found = PERIOD.fullmatch(fact.period)
        if found is None or not fact.statement.startswith(NATIONAL):
            continue
        ends = found[2] or f"{found[1]}-12"
        if ends < month:
            known.append((fact, int(found[1]), found[2] is None))
    newest = max((year for _fact, year, is_whole in known if is_whole), default=0)
    return [
        fact
        for fact, year, is_whole in known
        if (newest - YEARS < year <= newest if is_whole else year > newest)
    ]
