"""Doors of the webhooks room."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.access.guard import actor, can, requires
from portal.access.permissions import Permission
from portal.core.clock import now
from portal.core.db import transaction
from portal.core.errors import Refused
from portal.core.i18n import gettext as _
from portal.core.web import back, refuse
from portal.webhooks import queries, service
from portal.webhooks.forms import CreateForm
from portal.webhooks.models import Delivery, Webhook
from portal.webhooks.sender import is_trial

bp = Blueprint("webhooks", __name__)


@bp.get("/webhooks/")
@requires(Permission.WEBHOOKS_READ)
def index() -> str:
    """The company's webhooks and the log of their messages."""
    return _page(CreateForm())


def _page(form: CreateForm) -> str:
    may_edit = can(Permission.WEBHOOKS_EDIT)
    return render_template(
        "webhooks/index.html",
        form=form,
        hooks=queries.known(),
        deliveries=queries.latest(),
        may_edit=may_edit,
        at=now(),
    )


@bp.post("/webhooks/create")
@requires(Permission.WEBHOOKS_EDIT)
def create() -> str:
    """Make a webhook; its secret is shown as the answer and nowhere else."""
    form = CreateForm()
    if form.validate_on_submit():
        try:
            with transaction():
                hook, secret = service.create(
                    (form.address.data or "").strip(),
                    may_be_loopback=is_trial(),
                    by=actor(),
                    at=now(),
                )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            return render_template("webhooks/created.html", hook=hook, secret=secret)
    return _page(form)


@bp.post("/webhooks/<int:webhook_id>/end")
@requires(Permission.WEBHOOKS_EDIT, on=Webhook)
def end(hook: Webhook) -> Response:
    """End a webhook."""
    with transaction():
        service.end(hook, by=actor(), at=now())
    flash(_("The webhook has ended. Nothing is sent to it any more."))
    return back(url_for(".index"))


@bp.post("/webhooks/<int:webhook_id>/test")
@requires(Permission.WEBHOOKS_EDIT, on=Webhook)
def test(hook: Webhook) -> Response:
    """Send a message to try the way."""
    with transaction():
        service.test(hook, by=actor(), at=now())
    flash(_("A test message leaves within a minute. The log below shows what became of it."))
    return back(url_for(".index"))


@bp.post("/webhooks/deliveries/<int:delivery_id>/resend")
@requires(Permission.WEBHOOKS_EDIT, on=Delivery)
def resend(delivery: Delivery) -> Response:
    """Try a message again."""
    with transaction():
        service.resend(delivery, by=actor(), at=now())
    flash(_("The message leaves again within a minute."))
    return back(url_for(".index"))
