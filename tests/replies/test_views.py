"""The officers' queue."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.models import Desk
from portal.consultations.models import Rsvp
from portal.core.db import db, transaction
from portal.core.i18n import catalogue
from portal.replies.models import Message, Outcome, Settlement, Why
from tests.consultations import make as planned
from tests.queries import counting
from tests.replies.make import MINUTE, answers, arrives, event, mail


@pytest.fixture
def ours(app: Any, cast: Any, companies: Any, at: Any) -> Any:
    planned.scheduled(companies["x"], cast, at=at, hour=10)
    return planned.scheduled(companies["telegram"], cast, at=at)


def text(answer: Any) -> str:
    return answer.get_data(as_text=True)


def proposes(ours: Any, account: Any, *, at: Any) -> Message:
    calendar = event(
        ours, account.email, "TENTATIVE", at=at, method="COUNTER",
        starts_at=ours.starts_at + timedelta(days=1),
    )  # fmt: skip
    made = arrives(mail(account.email, calendar, label="COUNTER", subject="Later?"), at=at)
    assert made is not None
    return made


def test_every_reason_is_a_sentence_in_both_languages() -> None:
    for why in Why:
        said = [catalogue(language)[why.value] for language in ("ko", "en")]
        assert [sentence[-1] for sentence in said] == [".", "."], why
    for code in (*Outcome, *Settlement):
        assert catalogue("en")[code.value] != catalogue("ko")[code.value] != code.value


def test_the_page_shows_words_and_never_a_page_of_the_sender(
    cast: Any, ours: Any, visit: Any, at: Any
) -> None:
    raw = mail(
        cast.delegate.email, None, text="<script>alert(1)</script>\nBest <b>regards</b>",
        subject="<img src=x>",
    )  # fmt: skip
    message = arrives(raw, at=at)

    page = text(visit(cast.officer, "GET", f"/replies/{message.id}"))

    assert "&lt;script&gt;alert(1)" in page and "&lt;b&gt;regards" in page
    assert "<script>alert" not in page and "<img" not in page
    assert "without the answer of a calendar program" in page


def test_officers_see_their_desks_and_what_is_nobodys(
    cast: Any, ours: Any, visit: Any, at: Any, companies: Any
) -> None:
    with transaction():
        db.session.add(Desk(account_id=cast.officer2.id, company_id=companies["x"].id))
    arrives(mail(cast.delegate.email, None, subject="of-telegram"), at=at)
    forged = mail("a@b.example", event(ours, cast.delegate.email, at=at), subject="forged-telegram")
    arrives(forged, at=at)
    arrives(mail(cast.rival.email, None, subject="of-x"), at=at)
    arrives(mail("stranger@mail.example", None, subject="of-nobody"), at=at)

    def seen(person: Any) -> set[str]:
        page = text(visit(person, "GET", "/replies/"))
        return set(re.findall("of-telegram|forged-telegram|of-x|of-nobody", page))

    assert seen(cast.officer2) == {"of-x", "of-nobody"}
    assert seen(cast.officer) == {"of-telegram", "forged-telegram", "of-x", "of-nobody"}
    assert seen(cast.auditor) == seen(cast.head) == seen(cast.officer)
    for part in ("delegate", "company_admin", "rival", "police", "agency", "administrator"):
        assert visit(getattr(cast, part), "GET", "/replies/").status_code == 404


def test_an_officer_sets_the_answer_and_the_message_leaves_the_queue(
    cast: Any, ours: Any, visit: Any, at: Any
) -> None:
    message = arrives(mail(cast.delegate.email, None, subject="Yes!"), at=at)
    number, delegate = message.id, planned.delegate_of(ours, cast.delegate)
    page = text(visit(cast.officer, "GET", f"/replies/{number}"))
    assert f'selected value="{delegate.id}"' in page

    nothing = visit(cast.officer, "POST", f"/replies/{number}/answer", {"delegate_id": "0"})
    done = visit(
        cast.officer, "POST", f"/replies/{number}/answer",
        {"delegate_id": str(delegate.id), "answer": "accepted"},
    )  # fmt: skip
    again = visit(
        cast.officer, "POST", f"/replies/{number}/answer",
        {"delegate_id": str(delegate.id), "answer": "declined"},
    )  # fmt: skip

    assert (nothing.status_code, done.status_code, again.status_code) == (200, 303, 200)
    assert "Choose one." in text(nothing) and "settled already" in text(again)
    assert planned.delegate_of(ours, cast.delegate).rsvp is Rsvp.ACCEPTED
    assert "Yes!" not in text(visit(cast.officer, "GET", "/replies/"))
    assert "Yes!" in text(visit(cast.officer, "GET", "/replies/?show=all"))


def test_a_message_is_put_away_once(cast: Any, ours: Any, visit: Any, at: Any) -> None:
    number = arrives(mail("a@b.example", None), at=at).id

    first = visit(cast.officer, "POST", f"/replies/{number}/settle", {"note": "called back"})
    second = visit(cast.head, "POST", f"/replies/{number}/settle", {"note": "x"})

    assert (first.status_code, "settled already" in text(second)) == (303, True)
    assert "called back" in text(visit(cast.head, "GET", f"/replies/{number}"))


def test_accepting_a_proposed_time_fills_in_the_form_and_then_nothing_waits(
    cast: Any, ours: Any, visit: Any, at: Any
) -> None:
    message = proposes(ours, cast.delegate, at=at)
    page = text(visit(cast.officer, "GET", f"/replies/{message.id}"))
    [address] = re.findall(r'href="(/consultations/\d+/reschedule\?[^"]+)"', page)
    form = text(visit(cast.officer, "GET", address.replace("&amp;", "&")))
    wall = planned.wall(at, days=11).strftime("%Y-%m-%dT%H:%M")

    assert f'value="{wall}"' in form
    done = visit(
        cast.officer, "POST", address.split("?")[0],
        {"wall": wall, "duration": "120", "zone": "Asia/Seoul"},
    )  # fmt: skip
    assert done.status_code == 303
    assert "Later?" not in text(visit(cast.officer, "GET", "/replies/"))
    assert "nothing is left to decide" in text(visit(cast.officer, "GET", f"/replies/{message.id}"))


def test_declining_wants_a_reason(cast: Any, ours: Any, visit: Any, at: Any) -> None:
    number = proposes(ours, cast.delegate, at=at).id

    empty = visit(cast.officer, "POST", f"/replies/{number}/decline", {"reason": " "})
    done = visit(cast.officer, "POST", f"/replies/{number}/decline", {"reason": "No room."})

    assert (empty.status_code, done.status_code) == (200, 303)
    assert db.session.get(Message, number).settlement is Settlement.DECLINED


def test_the_auditor_reads_and_changes_nothing(cast: Any, ours: Any, visit: Any, at: Any) -> None:
    number = proposes(ours, cast.delegate, at=at).id

    page = text(visit(cast.auditor, "GET", f"/replies/{number}"))

    assert "Later?" in page and "/settle" not in page and "/decline" not in page
    assert visit(cast.auditor, "POST", f"/replies/{number}/settle").status_code == 404


def test_the_list_asks_the_same_few_queries_however_long(
    cast: Any, ours: Any, visit: Any, at: Any
) -> None:
    arrives(mail("a@b.example", None), at=at)
    visit(cast.officer, "GET", "/replies/")
    with counting() as one:
        visit(cast.officer, "GET", "/replies/")
    for n in range(12):
        arrives(mail(cast.delegate.email, None, subject=str(n)), at=at)
        answers(ours, cast.delegate, "DECLINED", at=at + n * MINUTE, sequence=9)
    with counting() as many:
        visit(cast.officer, "GET", "/replies/")
    number = db.session.query(Message).order_by(Message.id.desc()).first().id
    with counting() as page:
        visit(cast.officer, "GET", f"/replies/{number}")

    assert len(many) == len(one) <= 8
    assert len(page) <= 8
