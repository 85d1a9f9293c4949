"""The filters of the list that a person keeps under a name."""

from __future__ import annotations

from portal.access.actor import Actor
from portal.core.db import db
from portal.core.errors import FieldError
from portal.core.i18n import gettext as _
from portal.core.personal_data import refuse_personal_data
from portal.removal_requests import queries
from portal.removal_requests.models import SavedView

MOST_VIEWS = 30


def save_view(name: str, query: str, *, by: Actor) -> SavedView:
    """Keep a filter under a name; one of that name is replaced. Refused: no name, too many."""
    name = _view_name(name)
    held = queries.saved_views()
    for view in held:
        if view.name.casefold() == name.casefold():
            view.query = query[:1000]
            return view
    if len(held) >= MOST_VIEWS:
        raise FieldError("name", _("You keep %(most)s views. Drop one first.", most=MOST_VIEWS))
    view = SavedView(account_id=by.account_id, name=name, query=query[:1000])
    db.session.add(view)
    return view


def _view_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 60:
        raise FieldError("name", _("Give the view a name of at most 60 characters."))
    refuse_personal_data(name, field="name")
    return name


def rename_view(view: SavedView, name: str) -> None:
    """Call a view something else. Refused: no name, or that of another view of the same person."""
    name = _view_name(name)
    if any(
        other.id != view.id and other.name.casefold() == name.casefold()
        for other in queries.saved_views()
    ):
        raise FieldError("name", _("Another view of yours has that name. Choose another."))
    view.name = name


def drop_view(view: SavedView) -> None:
    """Forget a view; the requests it showed are not touched."""
    db.session.delete(view)
