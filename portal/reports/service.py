"""The life of a report: made, held for release, released and kept for ever."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal.access.actor import CLOCK, Actor
from portal.access.scope import beyond_scope
from portal.companies.models import Company
from portal.core import pdf
from portal.core.audit import record
from portal.core.calendar import month_start, next_month
from portal.core.db import db, hold
from portal.core.errors import FieldError, Refused
from portal.core.i18n import LANGUAGES, local, month_name, spoken
from portal.core.i18n import gettext as _
from portal.documents import queries as stored
from portal.documents import service as documents
from portal.documents.models import Document, DocumentKind, Way
from portal.reports import document, letters, queries, tables
from portal.reports.models import Report, ReportStatus
from portal.reports.queries import Gathered

TEMPLATE = "reports/pdf.html"
MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")
WHEN_MADE = ("made_at_text", "as_of", "version")
"""What differs each time a report is made, though nothing it says has changed."""


@dataclass(frozen=True)
class Prints:
    """The PDFs of a report by language, and the hash of the figures they were printed from."""

    content_hash: str
    files: dict[str, bytes]


def gather(month: str, *, at: datetime) -> Gathered:
    """Read what a month's report is made of. Nothing is stored: it may be done before the lock."""
    if not MONTH.fullmatch(month):
        raise FieldError("month", _("Write the month as 2026-03."))
    over_at = month_start(next_month(month))
    if at < over_at:
        raise FieldError(
            "month",
            _(
                "%(month)s is not over yet; its report can be made from %(when)s.",
                month=month_name(month),
                when=local(over_at, "instant", "Asia/Seoul"),
            ),
        )
    with beyond_scope("the report gathers all companies, whoever has it made"):
        return queries.gather(month, at=at)


def make(month: str, *, by: Actor, at: datetime, found: Gathered | None = None) -> Report:
    """Make a month's report and hold it for release.

    Made again, a held report is replaced; a released one stays and the new one is the next version.
    Either way only when something it says has changed.
    """
    found = found or gather(month, at=at)
    report = queries.latest(month)
    if report is not None:
        hold(report)
    is_new = report is None or report.status is ReportStatus.RELEASED
    version = 1 if report is None else report.version + is_new
    content = {
        language: document.printable(found, version=version, language=language)
        for language in LANGUAGES
    }
    content_hash = _figures_hash(content)
    if report is not None and report.content_hash == content_hash:
        _refuse_unchanged(report)
    before = None if report is None else report.content_hash
    if report is None or is_new:
        report = Report(month=month, version=version, status=ReportStatus.HELD, reminders=0)
        db.session.add(report)
    report.content, report.content_hash, report.made_at = content, content_hash, found.at
    report.words, report.glance = _words(content), document.glance(found)
    _store(report)
    record("reports:make", report, by=by, at=at, month=month, version=version, before=before,
           content_hash=content_hash)  # fmt: skip
    if report.asked_at is None and not found.waiting:
        report.asked_at = at
        letters.asked(report, at=at)
    elif is_new:
        letters.held(report, waiting=found.waiting, at=at)
    return report


def remind(report: Report, *, waiting: Sequence[Company], count: int, at: datetime) -> None:
    """Tell the heads of team that a report is still held; `count` reminders are written by now.

    Asked again with the same count it writes nothing, so that each reminder is written once.
    """
    hold(report)
    if report.status is not ReportStatus.HELD or count <= report.reminders:
        return
    report.reminders = count
    record("reports:remind", report, by=CLOCK, at=at, month=report.month, count=count)
    letters.remind(report, waiting=waiting, at=at)


def _words(content: Any) -> str:
    """Every text of a content in small letters, without its drawings."""
    return " ".join(queries.texts(content)).lower()


def _figures_hash(content: dict[str, dict[str, Any]]) -> str:
    return documents.content_hash(
        {
            language: {name: value for name, value in said.items() if name not in WHEN_MADE}
            for language, said in content.items()
        }
    )


def _refuse_unchanged(report: Report) -> None:
    month = month_name(report.month)
    if report.status is ReportStatus.HELD:
        raise Refused(
            _(
                "The report for %(month)s is held already, and nothing in it has changed since."
                " Read it and release it.",
                month=month,
            )
        )
    raise Refused(
        _(
            "Nothing has changed since version %(version)s of the report for %(month)s was released.",
            version=report.version,
            month=month,
        )
    )


def _store(report: Report) -> None:
    try:
        db.session.flush()
    except IntegrityError:
        raise Refused(
            _("Somebody made this report at the same moment. Reload the page and read it.")
        ) from None


def prints(report: Report, *, progress: Callable[..., None] | None = None) -> Prints:
    """Print a report in both languages, each in a process of its own and outside every lock."""
    return Prints(
        report.content_hash,
        {
            language: _print(report, language, is_draft=False, progress=progress)
            for language in LANGUAGES
        },
    )


def enclosed(report: Report, language: str) -> list[dict[str, str]]:
    """The data inside the PDF, in its language."""
    with spoken(language):
        return tables.attachments(report.content[language])


def _print(
    report: Report, language: str, *, is_draft: bool, progress: Callable[..., None] | None
) -> bytes:
    return documents.print_pdf(
        TEMPLATE,
        report.content[language],
        language=language,
        made_at=report.made_at,
        is_draft=is_draft,
        attachments=documents.attached(enclosed(report, language)),
        render=partial(pdf.render_in_child, progress=progress),
    )


def release(
    report: Report,
    *,
    by: Actor,
    at: datetime,
    printed: Prints | None = None,
    seen: str | None = None,
    is_printed_later: bool = False,
) -> None:
    """Give a report to the commissioners and keep its documents for ever.

    `seen` is the hash of the figures that were read, `printed` what was printed before the lock;
    without it the documents are printed here, or a moment later: then the letter leads to them and
    encloses none.
    """
    hold(report)
    if {seen or report.content_hash, printed.content_hash if printed else report.content_hash} != {
        report.content_hash
    }:
        raise Refused(
            _(
                "The report was made again after you opened it. Read it as it is now, then release it."
            )
        )
    report.move(ReportStatus.RELEASED)
    report.released_at, report.released_by = at, by.name
    db.session.flush()
    kept = {}
    for language in LANGUAGES:
        kept[language] = documents.keep(
            DocumentKind.REPORT,
            template=TEMPLATE,
            content=report.content[language],
            company_id=None,
            subject_id=report.id,
            version=report.version,
            language=language,
            at=report.made_at,
            released_at=at,
            attachments=enclosed(report, language),
            is_sealed=True,
        )
        if not is_printed_later:
            documents.print_kept(
                kept[language], render=_ready(printed.files[language]) if printed else None
            )
    record("reports:release", report, by=by, at=at, month=report.month, version=report.version,
           content_hash=report.content_hash)  # fmt: skip
    letters.released(report, files=kept, at=at)


def _ready(done: bytes) -> Callable[..., bytes]:
    return lambda _html, **_identity: done


def kept_print(report: Report, *, language: str) -> Document | None:
    """The document of a released report in a language, printed or not; none while it is held."""
    if report.status is not ReportStatus.RELEASED:
        return None
    with beyond_scope("the document of a report that was found behind the wall"):
        held = stored.of_subject(DocumentKind.REPORT, subject_id=report.id)
    return next((one for one in held if one.language == language), None)


def print_of(
    report: Report, *, language: str, progress: Callable[..., None] | None = None
) -> bytes:
    """The stored document of a released report; while it is held, a draft with its watermark."""
    kept = kept_print(report, language=language)
    if kept is not None:
        return documents.stored(kept if kept.is_printed else documents.print_kept(kept))
    return _print(report, language, is_draft=report.status is ReportStatus.HELD, progress=progress)


def note_opening(report: Report, *, language: str, way: Way, by: Actor, at: datetime) -> None:
    """Keep that somebody opened this version, on screen or as a file."""
    documents.note_opening(
        DocumentKind.REPORT,
        subject_id=report.id,
        version=report.version,
        language=language,
        way=way,
        by=by,
        at=at,
    )
