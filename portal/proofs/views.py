"""Doors of the proofs room."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from portal.access.guard import actor, requires
from portal.access.permissions import Permission
from portal.actions.models import ActionItem
from portal.consultations.models import Consultation
from portal.core import i18n, pdf
from portal.core.clock import now
from portal.documents.service import print_pdf
from portal.proofs import document

bp = Blueprint("proofs", __name__)


@bp.get("/consultations/<int:consultation_id>/proof.pdf")
@requires(Permission.PROOFS_READ, on=Consultation)
def of_consultation(consultation: Consultation) -> Response:
    """The proof of a consultation with its minutes and what was agreed."""
    content = document.of_consultation(consultation, actor(), at=now())
    return _printed(content, f"proof-consultation-{consultation.id}.pdf")


@bp.get("/action-items/<int:action_item_id>/proof.pdf")
@requires(Permission.PROOFS_READ, on=ActionItem)
def of_action_item(item: ActionItem) -> Response:
    """The proof of one action item."""
    content = document.of_action_item(item, actor(), at=now())
    return _printed(content, f"proof-action-item-{item.id}.pdf")


def _printed(content: dict[str, Any], name: str) -> Response:
    printed = print_pdf(
        "proofs/pdf.html",
        content,
        language=i18n.language(),
        made_at=now(),
        render=pdf.render_in_child,
    )
    return Response(
        printed,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
