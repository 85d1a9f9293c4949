"""Doors for files: requests and answers come in, the list goes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from flask import Response, flash, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.accounts.models import Account
from portal.companies import queries as companies
from portal.core import sheets, uploads
from portal.core.audit import record
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.sheets import MOST_IN_SHEET, XLSX, workbook_pieces
from portal.core.web import back, sent_file
from portal.removal_requests import answering, exporting, filing, forms, importing, queries, reading
from portal.removal_requests.blueprint import bp
from portal.removal_requests.narrowing import chosen_by, narrowing_of

File = TypeVar("File", bound=filing.Judged[Any])
MOST_ANSWERS = 10_000
"""Lines of the file that is handed out to be filled in."""


@bp.route("/removal-requests/import", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_IMPORT)
def import_file() -> str | AnyResponse:
    """Check a file, then write it. Nothing is written that was not shown first."""
    form = forms.ImportForm()

    def write(found: filing.Reading, at: datetime) -> str:
        with transaction():
            written = filing.import_rows(found, by=actor(), at=at)
        return _(
            "%(written)s requests written, %(known)s were here already.",
            written=written,
            known=found.known,
        )

    found, answer = _judged(form, lambda content, at: filing.judge(content, at=at), write)
    if answer is not None:
        return answer
    return render_template(
        "removal_requests/import.html",
        form=form,
        reading=found,
        columns=importing.COLUMNS,
        required=importing.REQUIRED,
        codes=importing.CODES,
        times=importing.TIMES,
        platforms=companies.platforms(),
    )


@bp.route("/removal-requests/answers/import", methods=["GET", "POST"])
@requires(Permission.REMOVAL_REQUESTS_ANSWER)
def import_answers() -> str | AnyResponse:
    """Check a file of answers, then enter them. Nothing is entered that was not shown first."""
    form = forms.ImportForm()

    def judge(content: bytes, at: datetime) -> filing.AnswerReading:
        with transaction():
            return filing.judge_answers(content, by=actor(), at=at)

    def write(found: filing.AnswerReading, at: datetime) -> str:
        with transaction():
            entered = sum(
                filing.enter_answers(part, by=actor(), at=at) for part in found.new.blocks()
            )
        return _(
            "%(entered)s answers entered, %(known)s stood already.",
            entered=entered,
            known=found.known,
        )

    found, answer = _judged(form, judge, write)
    if answer is not None:
        return answer
    return render_template(
        "removal_requests/answers.html", form=form, reading=found, codes=answering.CODES
    )


@bp.get("/removal-requests/import/template.<any(csv, xlsx):ending>")
@requires(Permission.REMOVAL_REQUESTS_IMPORT)
def import_template(ending: str) -> AnyResponse:
    """A file with the names of the columns and nothing else."""
    if ending == "csv":
        return _attached(sheets.written(importing.COLUMNS, []), "text/csv", "requests.csv")
    content = sheets.workbook(_("Removal requests"), importing.COLUMNS, [], made_at=now())
    return _attached(content, sheets.XLSX, "requests.xlsx")


def _judged(
    form: forms.ImportForm,
    judge: Callable[[bytes, datetime], File],
    write: Callable[[File, datetime], str],
) -> tuple[File | None, AnyResponse | None]:
    """What was found in the file that was sent, and the answer where it is not the page that shows it.

    What is wanted written is written; `write` gives the sentence that says how much.
    """
    at = now()
    content = None
    if form.validate_on_submit():
        content = sent_file(form, owner=actor().account_id or 0, at=at)
    if content is None:
        return None, None
    found = judge(content, at)
    if "write" in request.form and _may_write(form, found):
        flash(write(found, at))
        if found.is_good:
            return found, _done(form)
        found.settle()
    return found, _rejected(found.rows) if "rejected" in request.form else None


def _may_write(form: forms.ImportForm, found: filing.Judged[Any]) -> bool:
    """Whether all of a file is good, or the person wants the good lines alone; else they are told."""
    if found.is_good or form.partial.data:
        return True
    form.partial.errors = [
        _("Some lines are rejected. Tick this to write the others, or correct the file.")
    ]
    return False


def _done(form: forms.ImportForm) -> AnyResponse:
    """After the writing of all of it the file is erased.

    A file of which lines were rejected stays until the night's sweep: the page that says what was
    written hands those lines back.
    """
    uploads.erase(form.kept.data or "", owner=actor().account_id or 0)
    return back(url_for("removal_requests.index"))


def _rejected(rows: reading.Rows) -> AnyResponse:
    return Response(
        "".join(reading.rejected_pieces(rows)).encode("utf-8-sig"),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="rejected.csv"'},
    )


@bp.get("/removal-requests/answers/template.<any(csv, xlsx):ending>")
@requires(Permission.REMOVAL_REQUESTS_ANSWER)
def answers_template(ending: str) -> AnyResponse:
    """A file with the numbers of the requests that wait for an answer; the rest is to fill in."""
    lines = [(number, "", "", "") for number in queries.open_numbers(most=MOST_ANSWERS)]
    if ending == "csv":
        return _attached(sheets.written(answering.COLUMNS, lines), "text/csv", "answers.csv")
    content = sheets.workbook(_("Answers"), answering.COLUMNS, lines, made_at=now())
    return _attached(content, sheets.XLSX, "answers.xlsx")


def _attached(content: bytes, kind: str, name: str) -> AnyResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, mimetype=kind, headers=headers)


@bp.get("/removal-requests/export")
@requires(Permission.REMOVAL_REQUESTS_EXPORT)
def choose_export() -> str:
    """How many rows a file would have and how long it takes, before one asks for it."""
    at, me = now(), actor()
    count = exporting.count(me, chosen_by(companies.platform_names(), request.args), at=at)
    return render_template(
        "removal_requests/export.html",
        count=count,
        seconds=exporting.seconds(count),
        most=MOST_IN_SHEET,
        query=narrowing_of(request.args),
    )


@bp.get("/removal-requests/export.csv")
@requires(Permission.REMOVAL_REQUESTS_EXPORT)
def export() -> AnyResponse:
    """The list as a file, without references."""
    chosen, at, count = _noted_export()
    given = exporting.parts(actor(), chosen, at=at)
    pieces = (piece.encode() for piece in exporting.written(given))
    return _file(pieces, "removal-requests.csv", "text/csv", count)


@bp.get("/removal-requests/export.xlsx")
@requires(Permission.REMOVAL_REQUESTS_EXPORT)
def export_workbook() -> AnyResponse:
    """The list as a spreadsheet, without references."""
    chosen, at, count = _noted_export(MOST_IN_SHEET)
    rows = exporting.rows(exporting.parts(actor(), chosen, at=at))
    pieces = workbook_pieces(_("Removal requests"), importing.COLUMNS, rows, made_at=at)
    return _file(pieces, "removal-requests.xlsx", XLSX, count)


def _noted_export(most: int | None = None) -> tuple[queries.Filter, datetime, int]:
    """What is exported, once the log says who takes how many rows."""
    at, me = now(), actor()
    chosen = chosen_by(companies.platform_names(), request.args)
    with transaction():
        person = db.session.get_one(Account, me.account_id)
        count = exporting.count(me, chosen, at=at)
        if most is not None and count > most:
            raise Refused(
                _(
                    "A spreadsheet holds at most %(most)s rows. "
                    "Take the CSV file, or narrow the list.",
                    most=f"{most:,}",
                )
            )
        record("removal_requests:export", person, by=me, at=at, rows=count)
    return chosen, at, count


def _file(pieces: Iterator[bytes], name: str, media_type: str, count: int) -> AnyResponse:
    """A file that is sent while it is made; a header says before how many rows it will have."""
    return Response(
        stream_with_context(pieces),
        mimetype=media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Rows": str(count)},
    )
