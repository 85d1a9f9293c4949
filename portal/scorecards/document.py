"""A card as the document that is printed: two pages, and an annex with everything behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from unicodedata import east_asian_width

from portal.accounts import queries as accounts
from portal.companies import queries as companies
from portal.core import charts
from portal.core.clock import local_date
from portal.core.i18n import both, local, month_name, zone_label
from portal.core.i18n import gettext as _
from portal.institution import queries as institution
from portal.methodology.facts import BesideFact
from portal.methodology.membership import Member, members
from portal.scorecards.annex import Section, Table, case_sections
from portal.scorecards.beside import PromiseLine
from portal.scorecards.certainty import Certainty, Peer, certainty_of
from portal.scorecards.figures import ON_PAPER, Figures, figures_of, named
from portal.scorecards.inputs import Inputs, RegulatorFact
from portal.scorecards.lines import look_of, strip_of
from portal.scorecards.models import Scorecard
from portal.scorecards.said import comment_of, sections_of

SEOUL = "Asia/Seoul"
ROOM = 190
"""So many letters of promises stand on the first page, in two lines; a Korean one counts twice."""


@dataclass(frozen=True)
class PrintedCard:
    """The card as a document in one language."""

    doc_no: str
    doc_title: str
    doc_lead: str
    org_name: str
    org_name_other: str
    made_at_text: str
    draft_word: str
    company: str
    mark: str
    """How the company is drawn in every chart."""
    month: str
    version: int
    methodology: str
    status: str
    as_of: str
    cohort: str
    figures: Figures
    tells_promises: bool
    """Whether the first page says in words what was promised; else its numbers lead to the annex."""
    certainty: Certainty | None
    copy_name: str
    copy_note: str
    said: Section
    annex: list[Section]
    cases_mark: str
    inputs_hash: str


def printed(
    card: Scorecard,
    *,
    language: str,
    at: datetime,
    for_company: bool = True,
    peers: Sequence[Peer] = (),
) -> PrintedCard:
    """The card as a document, in the language that is spoken, which is `language`."""
    ours = institution.on(local_date(at))
    inputs = held_by(card)
    called = named(card)
    shown_figures = figures_of(card, card.method, ON_PAPER)
    said = comment_of(card)
    annex = _annex(card, shown_figures, inputs, for_company)
    other = "en" if language == "ko" else "ko"
    name = both(called, "name")
    return PrintedCard(
        doc_no=f"{called.name_en} S-{card.month}",
        doc_title=_("Scorecard of %(company)s", company=name),
        doc_lead=_("Requests and promises of %(month)s", month=month_name(card.month)),
        org_name=getattr(ours, f"name_{language}", ""),
        org_name_other=getattr(ours, f"name_{other}", ""),
        made_at_text=local(at),
        draft_word=_("DRAFT"),
        company=name,
        mark=charts.swatch(look_of(card), name),
        month=month_name(card.month),
        version=card.version,
        methodology=card.methodology,
        status=_(card.status.value),
        as_of=f"{local(card.as_of, 'instant', SEOUL)} {zone_label(card.as_of, SEOUL)}",
        cohort="; ".join(
            (
                _(
                    "Requests delivered in %(month)s (Korean time), as they stood at the as-of instant",
                    month=month_name(card.month),
                ),
                *renaming(card),
                *platform_changes(card),
            )
        ),
        figures=shown_figures,
        tells_promises=tells(shown_figures.promises),
        certainty=certainty(card, inputs, peers),
        copy_name="",
        copy_note="",
        said=said,
        annex=annex,
        cases_mark=next(one.mark for one in annex if one.id == CASES),
        inputs_hash=card.inputs_hash or "",
    )


def tells(promises: Sequence[PromiseLine]) -> bool:
    """Whether the first page has room for what was promised, beside how it came out."""
    said = "; ".join(f"{one.said}: {one.verdict_word}" for one in promises)
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in said) <= ROOM


def renaming(card: Scorecard) -> list[str]:
    """The name that the company gave up in the card's month, in words."""
    changed = companies.renaming_of(card.company, card.month)
    return [] if changed is None else [changed.words]


def platform_changes(card: Scorecard) -> list[str]:
    """The platforms that came to the company or left it in the card's month, in words."""
    return [one.words for one in companies.changes_in(card.month).get(card.company_id, [])]


def held_by(card: Scorecard) -> Inputs:
    """The facts a card holds; a card without any has no cases to show."""
    if card.inputs is not None:
        return Inputs.from_dict(card.inputs)
    return Inputs(
        company="", month=card.month, as_of=card.as_of, method=card.method, requests=(), police=(),
        actions=(), beside=BesideFact(), regulator=RegulatorFact(),
    )  # fmt: skip


def certainty(
    card: Scorecard, inputs: Inputs | None = None, peers: Sequence[Peer] = ()
) -> Certainty:
    """The second page: how sure the grade is."""
    return certainty_of(
        card, card.method, inputs or held_by(card), strip_of(card, card.method), peers
    )


CASES = "cases"
SHORT, OF_A_LINE = 6, 100
"""So many lines of a comment stand on the second page; a longer one stands in the annex alone."""


def _annex(card: Scorecard, told: Figures, inputs: Inputs, for_company: bool) -> list[Section]:
    """Everything behind the two pages, each section with its letter."""
    said = [
        one
        for one in sections_of(card)
        # A short comment stands whole on the second page.
        if one.id != "comment" or _lines(one) > SHORT
    ]
    upper = [*said, _cases(), _left_out(told), _definitions(told)]
    lettered = [replace(one, mark=chr(ord("A") + place)) for place, one in enumerate(upper)]
    sections = []
    for one in lettered:
        sections.append(one)
        if one.id == CASES:
            sections += case_sections(members_of(inputs, for_company=for_company), one.mark)
    return sections


def _lines(section: Section) -> int:
    """How many lines the words take, each with the line that says whose they are."""
    lines = [line for quote in section.quotes for line in (*quote.text.split("\n"), quote.by)]
    return sum(1 + len(line) // OF_A_LINE for line in lines)


def members_of(inputs: Inputs, *, for_company: bool) -> dict[str, tuple[Member, ...]]:
    """By measure every case and how it counts; a company is not told of access blocks."""
    found = members(
        month=inputs.month,
        as_of=inputs.as_of,
        method=inputs.method,
        requests=inputs.requests,
        police=inputs.police,
        actions=inputs.actions,
    )
    if not for_company:
        return found
    return {id: tuple(one for one in every if one.why != "block") for id, every in found.items()}


def _cases() -> Section:
    return Section(
        CASES,
        _("The cases behind each figure"),
        lead=_(
            "x is what counts as done, n what could have been done. The attached cases.csv names"
            " every case with its part in each measure."
        ),
    )


def _left_out(told: Figures) -> Section:
    rows = [[one.number, one.reason, accounts.doer(one.by)] for one in told.excluded]
    heads = [_("Request"), _("Reason"), _("Second person")]
    return Section(
        "left-out",
        _("Left out of the cohort"),
        tables=[Table(heads, rows)] if rows else [],
        note="" if rows else _("No request was left out."),
        words=[
            _("Clock from the issue, for want of proof of delivery: %(numbers)s",
              numbers=told.flagged)
        ] if told.flagged else [],
    )  # fmt: skip


def _definitions(told: Figures) -> Section:
    return Section(
        "definitions",
        _("Definitions"),
        tables=[
            Table(
                [],
                [
                    *([f"{one.id} {one.name}", one.definition] for one in told.lines),
                    *([pair.term, pair.text] for pair in told.definitions),
                ],
            )
        ],
    )
