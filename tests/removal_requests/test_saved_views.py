"""Views a person keeps: renamed by their owner alone."""

from __future__ import annotations

import pytest

from portal.core.db import db
from portal.removal_requests.models import SavedView

HOME = "/removal-requests/"


@pytest.fixture
def kept(companies, cast, visit):
    """Two views of the officer, by name."""
    for name, query in (("Late", "state=overdue"), ("Drafts", "state=draft")):
        visit(cast.officer, "POST", f"{HOME}views/save", {"name": name, "query": query})
    return {view.name: view.id for view in db.session.query(SavedView)}


def names():
    db.session.expire_all()
    return sorted(view.name for view in db.session.query(SavedView))


def test_a_view_is_renamed(kept, cast, visit):
    done = visit(
        cast.officer, "POST", f"{HOME}views/{kept['Late']}/rename", {"name": " Too  late "}
    )

    assert (done.status_code, done.location) == (303, f"{HOME}?state=overdue")
    assert names() == ["Drafts", "Too late"]


@pytest.mark.parametrize("name", ["", "drafts", "x" * 61, "010-1234-5678"])
def test_a_view_keeps_its_name_where_the_new_one_is_unfit(kept, cast, visit, name):
    visit(cast.officer, "POST", f"{HOME}views/{kept['Late']}/rename", {"name": name})

    assert names() == ["Drafts", "Late"]


@pytest.mark.parametrize("who", ["head", "rival", "delegate", "auditor"])
@pytest.mark.parametrize("verb", ["rename", "drop"])
def test_nobody_else_touches_a_view(kept, cast, visit, who, verb):
    path = f"{HOME}views/{kept['Late']}/{verb}"

    assert visit(getattr(cast, who), "POST", path, {"name": "Mine"}).status_code == 404
    assert names() == ["Drafts", "Late"]
