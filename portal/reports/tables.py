"""The tables of a report as plain rows: its XLSX, and the CSV and JSON inside its PDF.

They are read from the frozen content that page and document are printed from, so that no table says
what the others do not: cells that are hidden there are hidden here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from portal.core import sheets
from portal.core.i18n import gettext as _

FORMAT = "monthly-report/1"


class Table(NamedTuple):
    """A table under its name."""

    title: str
    header: Sequence[str]
    rows: list[list[str]]


def of(content: Mapping[str, Any]) -> list[Table]:
    """Every table of a content, in the order of the report. Its words are those of the content."""
    items = [_("Number"), _("What is owed"), _("By whom"), _("Due"), _("What became of it")]
    interval, moved = _("95% interval"), _("Change shown")
    tables = [
        Table(
            _("All companies at a glance"),
            [
                _("Company"), _("Letter"), _("Label"), _("State"), _("Score"), interval, moved,
                _("Gone at source within 48 h"), interval, moved, _("Oldest open request"),
                _("Requests"), _("Rank"),
            ],
            [
                [
                    row["name"], row["letter"], row["label"], row["state"], row["score"],
                    row["interval"], _said(row["change"]), row["gone"], row["gone_interval"],
                    _said(row["gone_change"]), row["oldest_open"], row["requests"], row["rank"],
                ]
                for row in content["rows"]
            ],
        ),
        Table(
            _("Company by company"),
            [
                _("Company"), _("Measure"), _("Value"), _("x of n"), interval, moved,
            ],
            [
                [
                    one["name"], row["id"], row["cell"]["value"], row["cell"]["share"],
                    row["cell"]["interval"], _said(row["change"]),
                ]
                for one in content["profiles"]
                for row in one["measures"]
            ],
        ),
        _clocks(content),
        Table(
            _("Punctuality of the dialogue, both sides"),
            [
                _("Company"), _("What"), _("The company"), _("The commission"),
                _("The company, twelve months"), _("The commission, twelve months"),
            ],
            [[row["name"], *line.values()] for row in content.get("dialogue", ()) for line in row["lines"]],
        ),
        _plain(
            content, "decisions", _("Decisions in minutes adopted this month"),
            [_("Company"), _("Minutes"), _("Adopted"), _("Decision")],
        ),
        *(
            Table(
                title, items,
                [[row[name] for name in ("number", "text", "owner", "due", "state")] for row in content[key]],
            )
            for key, title in (
                ("agreed", _("Action items agreed this month")),
                ("done", _("Action items done this month")),
                ("not_in_time", _("Not done in time")),
            )
        ),
        Table(
            _("Targets of action items"),
            [
                _("Company"), _("Number"), _("What is measured"), _("Promised"),
                _("For which days"), _("Value"), _("x of n"), interval, _("Verdict"),
            ],
            [list(row.values())[:-1] for row in content.get("targets", ())],
        ),
        Table(
            _("Consultations of the month"),
            [
                _("Company"), _("Consultation"), _("When and where"), _("What became of it"),
                _("Details"),
            ],
            [
                [row["name"], row["serial"], f"{row['when']}, {row['place']}", row["state"], row["detail"]]
                for row in content["consultations"]
            ],
        ),
        _plain(
            content, "trend", _("Twelve months"),
            [
                _("Month"), _("Requests"), _("Answered within 24 h"), "%",
                _("Gone at source within 48 h"), "%",
            ],
        ),
        Table(
            _("Letters of twelve months"), [_("Company"), *content["letter_months"]],
            [[row["name"], *row["letters"]] for row in content["letters"]],
        ),
        _plain(
            content, "sensitivity", _("Would other weights change the order?"),
            [
                _("Company"), _("Letter"), _("Chance of each letter"),
                _("Letters in the other runs"), _("Scores in the runs"), _("Rank"),
                _("Best and worst rank of all runs"),
            ],
        ),
        _plain(
            content, "beside", _("Printed beside, never in a grade"),
            [
                _("Company"), _("Requests"), _("Verified as gone"), _("Restricted in Korea"),
                _("Refused"), _("No decision"), _("Access blocks"), _("Left out"),
            ],
        ),
        Table(
            _("Left out of the figures"), [_("Company"), *content["exclusion_words"]],
            [[row["name"], *row["counts"]] for row in content["exclusions"]],
        ),
        Table(
            _("Corrected since the report before"), [_("What")],
            [[line] for line in content["corrected"]],
        ),
        Table(
            _("Unannounced batches that have opened"),
            [
                _("Company"), _("Month"), _("Measure"), _("Batch"), _("x of n"), interval,
                _("Other requests"), _("x of n"), interval, _("Difference"), interval,
                _("Verdict"),
            ],
            [
                [
                    row["name"], row["month"], row["measure"], *row["batch"].values(),
                    *row["rest"].values(), row["difference"], row["interval"], row["verdict"],
                ]
                for row in content.get("batches", ())
            ],
        ),
        _plain(
            content, "facts", _("Published national statistics"),
            [_("Period"), _("What"), _("Figure"), _("Source"), _("Address")],
        ),
        _plain(content, "definitions", _("Definitions"), [_("Term"), _("Meaning")]),
    ]  # fmt: skip
    return [table for table in tables if table.rows]


NUMBER = re.compile(r"[−-]?\d{1,3}(,\d{3})*(\.\d+)?")


def counted(rows: Sequence[Sequence[str]]) -> list[list[str | int | float]]:
    """Rows whose figures are numbers, for a file one counts with; who or what a row is about, years,
    shares of and hidden cells stay texts."""
    return [[row[0], *(_number(cell) for cell in row[1:])] for row in rows]


def _number(cell: str) -> str | int | float:
    if not NUMBER.fullmatch(cell):
        return cell
    plain = cell.replace(",", "").replace("−", "-")
    return float(plain) if "." in plain else int(plain)


def _clocks(content: Mapping[str, Any]) -> Table:
    """Both clocks; a report of before has fewer columns."""
    words = {
        "name": _("Company"), "intake_to_issue": _("Intake to issue"),
        "issue_to_delivery": _("Issue to delivery"), "backlog": _("Waiting to be issued"),
        "oldest_waiting": _("Oldest waiting"), "ours": _("Own items in time"),
        "delivery_to_answer": _("Delivery to answer"),
        "delivery_to_gone": _("Delivery to removal"), "unanswered": _("Without answer"),
        "oldest_open": _("Oldest without answer"), "theirs": _("Its items in time"),
    }  # fmt: skip
    rows = content["clocks"]
    held = [name for name in words if rows and name in rows[0]]
    return Table(
        _("Both clocks"), [words[name] for name in held], [[row[name] for name in held] for row in rows]
    )  # fmt: skip


def _plain(content: Mapping[str, Any], key: str, title: str, header: Sequence[str]) -> Table:
    """A table whose rows have their cells in the order of the header."""
    return Table(title, header, [list(row.values()) for row in content[key]])


def _said(change: Mapping[str, str]) -> str:
    interval = f"({change['interval']})" if change["interval"] else ""
    return " ".join(filter(None, (change["points"], interval, change["note"])))


def attachments(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """The data inside the PDF: the measures as CSV, everything as JSON."""
    found = of(content)
    measures = next((table for table in found if table.title == _("Company by company")), None)
    whole = {
        "format": FORMAT,
        "document": content["doc_no"],
        "version": content["version"],
        "as_of": content["as_of"],
        "methodology": content["methodology"],
        "tables": [table._asdict() for table in found],
    }
    files = [
        {
            "name": f"{content['doc_no']}.json",
            "text": json.dumps(whole, ensure_ascii=False, indent=1),
            "description": _("Every table of this report"),
        }
    ]
    if measures is not None:
        files.insert(
            0,
            {
                "name": f"{content['doc_no']}.csv",
                "text": sheets.written(measures.header, measures.rows).decode(),
                "description": _("The measures of every company"),
            },
        )
    return files
