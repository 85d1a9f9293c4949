"""Doors of the list: what waits, the views that are kept of it, one verb for many requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.companies import queries as companies
from portal.core.clock import now
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.figures import shown
from portal.core.i18n import both, local
from portal.core.i18n import gettext as _
from portal.core.web import Form, back, own_path
from portal.removal_requests import lists, queries, saved_views, service
from portal.removal_requests.blueprint import bp
from portal.removal_requests.counted import Counted
from portal.removal_requests.models import (
    ANSWER_WITHIN,
    Category,
    Exclusion,
    LegalGround,
    MeasureType,
    Outcome,
    RemovalRequest,
    SavedView,
    Surface,
    Verification,
)
from portal.removal_requests.narrowing import chosen_by, narrowing_of

HOUR = timedelta(hours=1)
DESK = {"state": "undecided"}
"""What a company sees first: what waits for it, what is due next on top. `state=all` shows all."""


class Line(NamedTuple):
    """A row of the list, ready to print: fifty of them make a page."""

    id: int
    number: str
    platform: str
    category: str
    measure: str
    delivered: str
    hours: str
    is_overdue: bool
    outcome: str
    check: str
    exclusion: str
    group: str
    """Under which heading of the company's desk it stands; empty elsewhere."""


@bp.get("/removal-requests/")
@requires(Permission.REMOVAL_REQUESTS_READ)
def index() -> str:
    """The list: what waits for somebody first."""
    at, me, platforms = now(), actor(), companies.platform_names()
    is_desk = me.is_company and not narrowing_of(request.args)
    said: Mapping[str, str] = DESK if is_desk else request.args
    chosen = chosen_by(platforms, said)
    page = lists.page(
        chosen,
        at=at,
        after=lists.place(request.args.get("after", "")),
        before=lists.place(request.args.get("before", "")),
    )
    names = {platform.id: both(platform, "name") for platform in platforms}
    states = queries.COMPANY_STATES if me.is_company else queries.STATES
    rows = [_line(line, names, at, is_desk=me.is_company) for line in page.rows]
    query = narrowing_of(said)
    counts = lists.counts(chosen, by=me, at=at)
    return render_template(
        "removal_requests/index.html",
        page=page,
        rows=rows,
        waiting=counts.waiting,
        tallies=counts.tallies,
        states=states,
        clocks=queries.CLOCKS,
        outcomes=list(Outcome),
        grounds=list(LegalGround),
        surfaces=list(Surface),
        measures=[m for m in MeasureType if not (me.is_company and m is MeasureType.BLOCK)],
        categories=list(Category),
        exclusions=list(Exclusion),
        counted_words=[c for c in Counted if not (me.is_company and c is Counted.BLOCKS)],
        companies={p.company: (p.company_id, both(p, "company")) for p in platforms},
        platforms={p.slug: (p.id, both(p, "name")) for p in platforms},
        counted=lists.COUNTED,
        chosen=chosen,
        args=request.args,
        query=query,
        views=queries.saved_views(),
        form=Form(),
        seen=list(Verification),
        answers=[o for o in Outcome if o is not Outcome.NEEDS_INFORMATION],
    )


def _line(line: Any, names: dict[int, str], at: datetime, *, is_desk: bool) -> Line:
    """A row as the table shows it; the words are looked up once in the template."""
    is_answered = line.outcome is not None and line.outcome is not Outcome.NEEDS_INFORMATION
    age = at - line.delivered_at if line.delivered_at else None
    is_out = line.exclusion is not None and line.excluded_by is not None
    is_waiting = age is not None and not is_answered and not is_out
    return Line(
        id=line.id,
        number=line.request_no,
        platform=names[line.platform_id],
        category=line.category,
        measure=line.measure_type.value,
        delivered=local(line.delivered_at, "short"),
        hours="" if age is None or not is_waiting else shown(age / HOUR, 0),
        is_overdue=bool(is_waiting and age is not None and age > ANSWER_WITHIN),
        outcome=line.outcome.value if line.outcome else "",
        check=(line.recheck or line.verification or ""),
        exclusion=line.exclusion.value if is_out else "",
        group=_group(age) if is_desk and is_waiting and age is not None else "",
    )


def _group(age: timedelta) -> str:
    if age > ANSWER_WITHIN:
        return "over_24h"
    return "due_6h" if age > ANSWER_WITHIN - timedelta(hours=6) else "due_24h"


@bp.post("/removal-requests/views/save")
@requires(Permission.REMOVAL_REQUESTS_KEEP_VIEW)
def save_view() -> AnyResponse:
    """Keep the filter of the list under a name."""
    said = dict(parse_qsl(request.form.get("query", "")))
    query = narrowing_of(said)
    try:
        with transaction():
            saved_views.save_view(request.form.get("name", ""), query, by=actor())
    except FieldError as refusal:
        flash(refusal.sentence, "error")
    else:
        flash(_("The view is kept: it stands above the list, for you alone."))
    return back(url_for(".index") + (f"?{query}" if query else ""))


@bp.post("/removal-requests/views/<int:saved_view_id>/rename")
@requires(Permission.REMOVAL_REQUESTS_KEEP_VIEW, on=SavedView)
def rename_view(view: SavedView) -> AnyResponse:
    """Call a view something else."""
    query = view.query
    try:
        with transaction():
            saved_views.rename_view(view, request.form.get("name", ""))
    except FieldError as refusal:
        flash(refusal.sentence, "error")
    else:
        flash(_("The view is renamed."))
    return back(url_for(".index") + (f"?{query}" if query else ""))


@bp.post("/removal-requests/views/<int:saved_view_id>/drop")
@requires(Permission.REMOVAL_REQUESTS_KEEP_VIEW, on=SavedView)
def drop_view(view: SavedView) -> AnyResponse:
    """Forget a view."""
    with transaction():
        saved_views.drop_view(view)
    flash(_("The view is dropped."))
    return back(url_for(".index"))


def _list_they_came_from() -> str:
    """The address of the list in which somebody chose, as it was narrowed."""
    to_list = request.form.get("list", "")
    return (own_path(f"{url_for('.index')}?{to_list}") if to_list else None) or url_for(".index")


Results = list[tuple[RemovalRequest, str]]
"""Of each request why it was refused, or nothing."""


def _each(act: Callable[[RemovalRequest], object]) -> Callable[[Sequence[RemovalRequest]], Results]:
    return lambda chosen: service.do_many(chosen, act)


def _many(
    verb: str, title: str, act: Callable[[Sequence[RemovalRequest]], Results]
) -> str | AnyResponse:
    """What a verb would do to each of the chosen requests, and on the second time, what it did.

    The preview does everything and undoes it: what it says is what would happen.
    """
    ids = [int(text) for text in request.form.getlist("id") if text.isdecimal() and len(text) < 10]
    if len(set(ids)) > service.MOST_AT_ONCE:
        raise Refused(_("At most %(most)s at once. Choose fewer.", most=service.MOST_AT_ONCE))
    chosen = queries.many(ids)
    target = _list_they_came_from()
    if not chosen:
        flash(_("Choose requests in the list first."), "error")
        return back(target)
    is_confirmed = "confirmed" in request.form
    with transaction():
        results = act(chosen)
        shown_results = [(r.id, r.request_no, why) for r, why in results]
        if not is_confirmed:
            db.session.rollback()
    done = sum(1 for _id, _number, why in shown_results if not why)
    if is_confirmed and done == len(shown_results):
        flash(_("Done: %(count)s requests.", count=done))
        return back(target)
    return render_template(
        "removal_requests/many.html",
        title=title,
        verb=verb,
        results=shown_results,
        done=done,
        is_confirmed=is_confirmed,
        target=target,
        to_list=request.form.get("list", ""),
        form=Form(),
        said={name: request.form.get(name, "") for name in ("outcome", "reason", "verification")},
    )


@bp.post("/removal-requests/issue-many")
@requires(Permission.REMOVAL_REQUESTS_ISSUE)
def issue_many() -> str | AnyResponse:
    """Issue what others have recorded."""
    at, me = now(), actor()
    return _many(
        "issue",
        _("Issue the chosen requests"),
        _each(lambda r: service.issue_among_many(r, by=me, at=at)),
    )


@bp.post("/removal-requests/deliver-many")
@requires(Permission.REMOVAL_REQUESTS_ISSUE)
def deliver_many() -> str | AnyResponse:
    """Deliver through the portal."""
    at, me = now(), actor()
    return _many(
        "deliver",
        _("Deliver the chosen requests through the portal"),
        partial(service.deliver_many, by=me, at=at),
    )


@bp.post("/removal-requests/verify-many")
@requires(Permission.REMOVAL_REQUESTS_VERIFY)
def verify_many() -> str | AnyResponse:
    """Note of many that the same was seen."""
    at, me, seen = now(), actor(), request.form.get("verification", "")
    if seen not in list(Verification):
        flash(_("Choose what you saw of the chosen requests."), "error")
        return back(_list_they_came_from())
    return _many(
        "verify",
        _("Verify the chosen requests: %(seen)s", seen=_(seen)),
        _each(lambda r: service.verify(r, Verification(seen), by=me, at=at)),
    )


@bp.post("/removal-requests/acknowledge-many")
@requires(Permission.REMOVAL_REQUESTS_ANSWER)
def acknowledge_many() -> str | AnyResponse:
    """Say of many that they were received."""
    at, me = now(), actor()
    return _many(
        "acknowledge",
        _("Acknowledge the chosen requests"),
        _each(lambda r: service.acknowledge(r, by=me, at=at)),
    )


@bp.post("/removal-requests/answer-many")
@requires(Permission.REMOVAL_REQUESTS_ANSWER)
def answer_many() -> str | AnyResponse:
    """Give many the same answer."""
    at, me = now(), actor()
    outcome, reason = request.form.get("outcome", ""), request.form.get("reason", "")
    if outcome not in list(Outcome):
        flash(_("Choose a decision for the chosen requests."), "error")
        return back(_list_they_came_from())
    return _many(
        "answer",
        _("Answer the chosen requests: %(outcome)s", outcome=_(outcome)),
        _each(lambda r: service.decide(r, outcome=Outcome(outcome), reason=reason, by=me, at=at)),
    )
