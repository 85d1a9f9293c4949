"""Who gets a binder, and of which versions."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pypdf

from portal.core.db import transaction
from portal.publications import service as publications
from tests.errata.test_errata import agreed
from tests.minutes import make


def text_of(answer):
    pages = pypdf.PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def test_a_commissioner_reads_it_and_the_rival_does_not(companies, cast, at, visit):
    make.adopted(companies["telegram"], cast, at=at)
    company = companies["telegram"].id
    path = f"/companies/{company}/binder"
    for account in (cast.commissioner, cast.delegate, cast.officer, cast.head, cast.auditor):
        assert "Telegram 2026-01" in visit(account, "GET", path).get_data(as_text=True)
    assert visit(cast.rival, "GET", path).status_code == 404
    assert visit(cast.rival, "GET", f"{path}.pdf?year=2026").status_code == 404
    printed = text_of(visit(cast.commissioner, "GET", f"{path}.pdf?year=2026&language=en"))
    assert "Action items are left out" in printed
    assert "The channel was discussed." in printed


def test_it_holds_the_version_in_force(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    agreed(minutes, cast, at + timedelta(days=1))
    path = f"/companies/{companies['telegram'].id}/binder.pdf?year=2026&language=en"
    printed = text_of(visit(cast.delegate, "GET", path))
    assert "The channel was agreed upon." in printed
    assert "The channel was discussed." not in printed
    assert "version 2" in printed


def test_what_is_under_embargo_is_left_out(companies, cast, at, visit):
    minutes = make.adopted(companies["telegram"], cast, at=at)
    with transaction():
        publications.embargo(
            minutes, until_wall=datetime(2026, 3, 5, 9, 0), reason="Talks go on",
            readers=[cast.delegate.id], by=cast.head.as_actor(), at=at,
        )  # fmt: skip
    path = f"/companies/{companies['telegram'].id}/binder.pdf?year=2026&language=en"
    assert visit(cast.company_admin, "GET", path).status_code == 422
    assert visit(cast.delegate, "GET", path).status_code == 200
