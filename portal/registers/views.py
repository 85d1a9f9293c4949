"""Doors of the registers room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.core import i18n
from portal.core.clock import SEOUL, now
from portal.core.i18n import LazyText as _l
from portal.core.i18n import gettext as _
from portal.core.sheets import XLSX, streamed, workbook
from portal.core.web import Page, page_number
from portal.registers import queries
from portal.registers.queries import Filter

bp = Blueprint("registers", __name__)
NAMES = {"company": _l("Company"), "year": _l("Year")}


def _chosen() -> tuple[Filter, list[str]]:
    return queries.read(request.args, is_company=actor().is_company)


@bp.get("/decisions/")
@requires(Permission.MINUTES_READ)
def decisions() -> str:
    """What was decided, in adopted minutes, the latest first."""
    chosen, unknown = _chosen()
    page = Page(queries.decisions(chosen, actor()), number=page_number(), is_of_columns=True)
    known = () if actor().is_company else queries.companies(chosen, actor())
    return render_template(
        "registers/decisions.html",
        page=page,
        chosen=chosen,
        unknown=", ".join(str(NAMES[name]) for name in unknown),
        companies=known,
        years=queries.years(chosen, actor()),
        numbers={row.id: number(row) for row in page.rows},
    )


def number(row: Any) -> str:
    """A decision as it is cited: the serial of its minutes and its number in them."""
    return f"{row.serial} · {row.position}.{row.place}"


COLUMNS = (
    "number", "company_ko", "company_en", "consultation", "adopted_at", "item_ko", "item_en",
    "text_ko", "text_en", "minutes_version",
)  # fmt: skip


def _lines(chosen: Filter) -> Iterator[list[object]]:
    for row in queries.for_export(chosen, actor()):
        yield [
            number(row), row.name_ko or "", row.name_en or "", row.serial,
            row.adopted_at.astimezone(SEOUL), row.title_ko, row.title_en, row.text_ko, row.text_en,
            row.version,
        ]  # fmt: skip


@bp.get("/decisions/export.csv")
@requires(Permission.MINUTES_READ)
def export() -> Response:
    """What the filter shows as a file for spreadsheets and programs."""
    chosen, _unknown = _chosen()
    return Response(
        stream_with_context(streamed(COLUMNS, _lines(chosen))),
        mimetype="text/csv",
        headers={"Content-Disposition": 'attachment; filename="decisions.csv"'},
    )


@bp.get("/decisions/export.xlsx")
@requires(Permission.MINUTES_READ)
def export_workbook() -> Response:
    """What the filter shows as a workbook in the reader's language."""
    chosen, _unknown = _chosen()
    of = i18n.language()
    headings = [
        _("Number"), _("Company"), _("Consultation"), _("Adopted"), _("Item"), _("Decision"),
    ]  # fmt: skip
    rows = (
        [
            number(row), getattr(row, f"name_{of}") or "", row.serial,
            row.adopted_at.astimezone(SEOUL), getattr(row, f"title_{of}"),
            getattr(row, f"text_{of}"),
        ]
        for row in queries.for_export(chosen, actor())
    )  # fmt: skip
    return Response(
        workbook(_("Decisions"), headings, rows, made_at=now()),
        mimetype=XLSX,
        headers={"Content-Disposition": 'attachment; filename="decisions.xlsx"'},
    )
