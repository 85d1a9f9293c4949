"""One company's year at its largest: 40 items, 300 action items, 200 files of evidence."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.actions import service as actions
from portal.actions.models import ActionItem, ActionStatus
from portal.agendas.models import AgendaItem, ItemKind, ItemStatus
from portal.consultations.models import Side
from portal.core.db import db, transaction
from portal.minutes import drafting, outcomes, service
from portal.minutes.models import OutcomeKind
from portal.minutes.outcomes import OutcomeText
from portal.responses import service as responses
from portal.responses.models import Evidence
from tests.binder.test_binder import text_of
from tests.minutes import make
from tests.queries import counting

ITEMS, PROMISES, FILES = 40, 300, 200


@pytest.fixture
def minutes(companies, cast, at):
    """Adopted minutes of 40 items in which 300 action items were agreed."""
    officer = cast.officer.as_actor()
    consultation = make.held(companies["telegram"], cast, at=at)
    with transaction():
        for position in range(4, ITEMS + 2):
            db.session.add(
                AgendaItem(
                    consultation_id=consultation.id, company_id=consultation.company_id,
                    position=position, kind=ItemKind.DISCUSSION, title_ko=f"안건 {position}",
                    title_en=f"Point {position}", status=ItemStatus.ACCEPTED,
                    proposed_by=Side.INSTITUTION, proposed_at=at - timedelta(days=9),
                )
            )  # fmt: skip
    with transaction():
        minutes = drafting.open_minutes(consultation, by=officer, at=at)
    with transaction():
        for number in range(PROMISES):
            text = OutcomeText(
                OutcomeKind.ACTION_ITEM, f"약속 {number}을 지킨다.", f"Keep promise {number}.",
                owner=Side.INSTITUTION if number % 5 == 0 else Side.COMPANY,
                due_wall=datetime(2026, 4 + number % 8, 1 + number % 28, 18, 0),
                due_zone="Asia/Seoul", required_evidence="A record",
            )  # fmt: skip
            outcomes.add_outcome(minutes.items[number % ITEMS], text, by=officer, at=at)
        service.submit_for_review(minutes, by=officer, at=at)
        service.release(minutes, by=cast.head.as_actor(), at=at)
    make.agree(minutes, cast.delegate, at=at)
    with transaction():
        service.reconcile(minutes, by=officer, at=at)
    for account in (cast.head, cast.delegate):
        with transaction():
            actions.accept_minutes(
                minutes, content_hash=minutes.content_hash, by=account.as_actor(), at=at
            )
    with transaction():
        service.print_adopted(minutes)
    return minutes


def reported(cast, at):
    """Reports with ten files each, until there are 200."""
    of_company = db.session.scalars(
        select(ActionItem).where(ActionItem.owner == Side.COMPANY).order_by(ActionItem.id)
    ).all()
    with transaction():
        for number, item in enumerate(of_company[: FILES // 10]):
            responses.report_done(
                item, text="It is done.", by=cast.delegate.as_actor(), at=at + timedelta(days=1),
                evidence=[
                    (f"record-{number}-{n}.txt", f"Record {number} {n}".encode()) for n in range(10)
                ],
            )  # fmt: skip


def test_nothing_of_it_is_left_out_and_no_page_asks_more(
    minutes, companies, cast, at, visit, tmp_path
):
    assert len(minutes.items) == ITEMS
    assert db.session.scalar(select(func.count(ActionItem.id))) == PROMISES
    item = db.session.scalars(select(ActionItem).where(ActionItem.owner == Side.COMPANY)).first()
    pages = (
        "/action-items/?show=all", "/action-items/board", "/action-items/timeline", "/decisions/",
        f"/minutes/{minutes.id}", f"/action-items/{item.id}", "/",
    )  # fmt: skip
    asked = {}
    for path in pages:
        visit(cast.delegate, "GET", path)
        with counting() as sent:
            assert visit(cast.delegate, "GET", path).status_code == 200
        asked[path] = len(sent)
    reported(cast, at)
    assert db.session.scalar(select(func.count(Evidence.id))) == FILES
    for path in pages:
        visit(cast.delegate, "GET", path)
        with counting() as sent:
            assert visit(cast.delegate, "GET", path).status_code == 200
        assert len(sent) <= asked[path] + 2, path

    said = visit(cast.delegate, "GET", "/action-items/export.csv?show=all").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(said)))
    assert len({row["number"] for row in rows}) == PROMISES
    states = [row["status"] for row in rows]
    assert states.count(ActionStatus.REPORTED_DONE.value) == FILES // 10

    path = f"/companies/{companies['telegram'].id}/binder.pdf?year=2026&language=en"
    binder = visit(cast.delegate, "GET", path)
    assert binder.status_code == 200
    printed = " ".join(text_of(binder.data, tmp_path).split())
    for number in range(PROMISES):
        # Once in the minutes themselves, and once more while it is open.
        assert printed.count(f"Keep promise {number}.") >= 2, number
    assert visit(cast.rival, "GET", path).status_code == 404
