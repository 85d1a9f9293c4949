"""Where documents are listed and handed out."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from werkzeug.wrappers import Response as AnyResponse

from portal.access.guard import requires
from portal.access.permissions import Permission
from portal.core import files
from portal.core.web import Page, page_number
from portal.documents import queries
from portal.documents.models import Document

bp = Blueprint("documents", __name__, url_prefix="/documents")


@bp.get("/")
@requires(Permission.DOCUMENTS_READ)
def index() -> str:
    """Every document the person may read."""
    return render_template(
        "documents/index.html", page=Page(queries.newest_first(), number=page_number())
    )


@bp.get("/<int:document_id>.pdf")
@requires(Permission.DOCUMENTS_READ, on=Document)
def download(document: Document) -> AnyResponse:
    """The stored bytes, checked against their hash before they leave."""
    name = f"{document.number.replace(' ', '-')}-v{document.version}-{document.language}.pdf"
    ascii_name = name.encode("ascii", "replace").decode().replace("?", "_")
    return Response(
        files.load(document.pdf_sha256),
        mimetype="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{ascii_name}"',
            "X-Content-SHA256": document.pdf_sha256,
        },
    )
