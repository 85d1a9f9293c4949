"""Doors of the feeds room."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.access import scope, throttle
from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.consultations.invitation import calendar_of
from portal.consultations.models import Consultation
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.i18n import spoken
from portal.core.web import back, refuse
from portal.feeds import ics, queries, service
from portal.feeds.forms import CreateForm
from portal.feeds.models import Feed

bp = Blueprint("feeds", __name__)

READINGS = 60
"""How often one feed may be read in five minutes; a program asks once an hour."""
WRONG_TRIES = 30


@bp.route("/feeds/", methods=["GET", "POST"])
@requires(Permission.FEEDS_KEEP)
def index() -> str | AnyResponse:
    """One's own feeds; a new one's address is shown as the answer and nowhere else."""
    form = CreateForm()
    if form.validate_on_submit():
        try:
            with transaction():
                feed, secret = service.create(form.name.data or "", by=actor(), at=now())
        except Refused as refusal:
            refuse(form, refusal)
        else:
            address = f"{current_app.config['BASE_URL']}{url_for('.read', secret=secret)}"
            return render_template("feeds/created.html", feed=feed, address=address)
    return render_template("feeds/index.html", form=form, feeds=queries.own(actor().account_id))


@bp.post("/feeds/<int:feed_id>/revoke")
@requires(Permission.FEEDS_KEEP, on=Feed)
def revoke(feed: Feed) -> AnyResponse:
    """End one of one's own feeds."""
    with transaction():
        service.revoke(feed, by=actor(), at=now())
    flash(_("The feed is revoked. Its address gives nothing any more."))
    return back(url_for(".index"))


@bp.get("/feeds/<secret>.ics")
@requires(Permission.PUBLIC)
def read(secret: str) -> AnyResponse:
    """A feed, for a calendar program: without log-in, the secret decides.

    What is unknown, revoked or its owner's no more is gone (410), all alike. Unchanged content is
    answered 304 before anything is written out.
    """
    at = now()
    opened = service.opened_by(secret)
    if opened is None:
        where = f"feed-from:{throttle.network(request.remote_addr)}"
        if throttle.exceeded(where, most=WRONG_TRIES, window=900, at=at):
            abort(429)
        return Response(status=410)
    feed, owner = opened
    feed_id, language, zone = feed.id, feed.account.language, feed.account.time_zone
    if throttle.exceeded(f"feed:{feed_id}", most=READINGS, window=300, at=at):
        abort(429)
    scope.act_as(owner)
    base_url = current_app.config["BASE_URL"]
    with spoken(language, zone):
        entries = queries.entries()
        sign = ics.fingerprint(entries, language=language, base_url=base_url)
        changed_at = service.changed_at(feed, sign, at=at)
        if service.is_worth_noting(feed, sign, at=at):
            with transaction():
                service.note_use(
                    feed_id,
                    fingerprint=sign,
                    changed_at=changed_at,
                    program=request.user_agent.string,
                    at=at,
                )
        answer = Response(content_type="text/calendar; charset=utf-8")
        answer.set_etag(sign[:32])
        answer.last_modified = changed_at
        answer.headers["Cache-Control"] = "private, no-cache"
        answer.make_conditional(request)
        if answer.status_code == 200:
            answer.set_data(ics.text(entries, base_url=base_url))
    return answer


@bp.get("/consultations/<int:consultation_id>.ics")
@requires(Permission.CONSULTATIONS_READ, on=Consultation)
def download(consultation: Consultation) -> AnyResponse:
    """One consultation for one's own calendar, with its full title. What has no date has none."""
    if consultation.status in queries.UNDATED:
        abort(404)
    answer = Response(
        calendar_of(consultation, method="PUBLISH"), content_type="text/calendar; charset=utf-8"
    )
    answer.headers.set(
        "Content-Disposition", "attachment", filename=f"consultation-{consultation.id}.ics"
    )
    return answer
