"""Agendas: each verb works, is refused in the wrong state or to the wrong side, leaves its trace."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from portal.access import scope
from portal.agendas import document, queries, service
from portal.agendas.jobs import open_agendas
from portal.agendas.models import AgendaItem, Disposition, ItemKind, ItemStatus, Preparation
from portal.consultations import service as consultations
from portal.consultations.models import Attendance
from portal.consultations.service import Conflict
from portal.core.audit import AuditEvent
from portal.core.db import db, transaction
from portal.core.errors import FieldError, Refused
from portal.core.outbox import Letter
from portal.documents.models import Document
from tests.consultations import make


def proposed(consultation, account, *, at, title="A point", **words):
    with transaction():
        return service.propose(
            consultation,
            **{"kind": ItemKind.DISCUSSION, "title_ko": "", "title_en": title} | words,
            by=account.as_actor(),
            at=at,
        )


def accepted(consultation, cast, *, at, title="A point", **words):
    item = proposed(consultation, cast.delegate, at=at, title=title, **words)
    with transaction():
        service.accept(item, by=cast.officer.as_actor(), at=at)
    return item


def letters(kind):
    return db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)).all()


def kinds(consultation):
    return [item.kind.value for item in queries.items_of(consultation.id)]


def last_event():
    return db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()


def test_standing_items_come_by_themselves_once(companies, cast, at):
    first = make.scheduled(companies["telegram"], cast, at=at)
    open_agendas(at)
    open_agendas(at)
    assert kinds(first) == ["next_date"]

    make.held(companies["telegram"], cast, at=at, days=3, hour=15)
    later = make.scheduled(companies["telegram"], cast, at=at, days=20)
    open_agendas(at)
    assert kinds(later) == ["confirm_minutes", "action_review", "next_date"]


def test_a_draft_has_no_agenda(companies, cast, at):
    draft = make.drafted(companies["telegram"], cast, at=at)

    with pytest.raises(Refused, match="no agenda to put together"), transaction():
        service.open_agenda(draft, by=cast.officer.as_actor(), at=at)
    open_agendas(at)
    assert db.session.query(AgendaItem).count() == 0


@pytest.mark.parametrize(
    ("mine", "other", "told"),
    [
        ("delegate", "officer", {"officer@kcsc.example", "officer2@kcsc.example"}),
        ("officer", "delegate", {"delegate@telegram.example", "company_admin@telegram.example"}),
    ],
)  # fmt: skip
def test_each_side_proposes_and_the_other_decides(companies, cast, at, mine, other, told):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    mine, other = getattr(cast, mine), getattr(cast, other)
    item = proposed(consultation, mine, at=at)
    assert (item.status, item.is_late) == (ItemStatus.PROPOSED, False)
    assert {letter.address for letter in letters("agendas:propose")} == told
    assert "A point" in letters("agendas:propose")[0].body

    with pytest.raises(Refused, match="other side decides"), transaction():
        service.accept(item, by=mine.as_actor(), at=at)
    with transaction():
        service.accept(item, by=other.as_actor(), at=at)
    assert item.status is ItemStatus.ACCEPTED
    assert last_event().verb == "agendas:decide"
    assert (last_event().subject_id, last_event().account_id) == (item.id, other.id)
    answers = letters("agendas:decide")
    assert {letter.organisation_id for letter in answers} == {mine.organisation_id}
    assert answers[0].subject == "Your proposal for Telegram 2026-01: accepted"
    with pytest.raises(Refused, match="cannot become"), transaction():
        service.decline(item, reason="Changed my mind.", by=other.as_actor(), at=at)


def test_declining_takes_a_reason_that_the_other_side_reads(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    item = proposed(consultation, cast.delegate, at=at)
    with pytest.raises(FieldError, match="Say why") as refusal, transaction():
        service.decline(item, reason=" ", by=cast.officer.as_actor(), at=at)
    assert refusal.value.field == "reason"
    with transaction():
        service.decline(item, reason="It is settled.", by=cast.officer.as_actor(), at=at)

    assert (item.status, item.reason) == (ItemStatus.DECLINED, "It is settled.")
    assert "It is settled." in letters("agendas:decide")[0].body


def test_a_deferred_item_stands_on_the_later_agenda(companies, cast, at):
    soon = make.scheduled(companies["telegram"], cast, at=at)
    later = make.scheduled(companies["telegram"], cast, at=at, days=30)
    foreign = make.scheduled(companies["x"], cast, at=at, days=30)
    item, by = proposed(soon, cast.delegate, at=at), cast.officer.as_actor()
    for wrong in (None, soon, foreign):
        with pytest.raises(FieldError) as refusal, transaction():
            service.defer(item, to=wrong, by=by, at=at)
        assert refusal.value.field == "deferred_to_id"
    with transaction():
        service.defer(item, to=later, by=by, at=at)

    assert (item.status, item.deferred_to) == (ItemStatus.DEFERRED, later)
    successor = queries.successor_of(item)
    assert (successor.consultation, successor.status, successor.times_carried) == (
        later, ItemStatus.ACCEPTED, 0,
    )  # fmt: skip
    assert kinds(later)[-1] == "next_date"


def test_a_late_proposal_is_flagged_and_not_refused(companies, cast, at):
    consultation = make.published(companies["telegram"], cast, at=at)

    assert proposed(consultation, cast.delegate, at=at).is_late


@pytest.mark.parametrize("state", ["drafted", "in_session", "held"])
def test_nothing_is_proposed_outside_the_time_for_it(companies, cast, at, state):
    consultation = getattr(make, state)(companies["telegram"], cast, at=at)

    with pytest.raises(Refused, match="Nothing is proposed"):
        proposed(consultation, cast.officer, at=at)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"title_en": "  "}, "title_en"),
        ({"minutes_planned": 0}, "minutes_planned"),
        ({"minutes_planned": -5}, "minutes_planned"),
        ({"kind": ItemKind.NEXT_DATE}, "kind"),
    ],
)
def test_a_proposal_that_cannot_stand(companies, cast, at, words, field):
    consultation = make.scheduled(companies["telegram"], cast, at=at)

    with pytest.raises(FieldError) as refusal:
        proposed(consultation, cast.delegate, at=at, **words)
    assert refusal.value.field == field


def test_a_second_submit_makes_no_second_item(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    proposed(consultation, cast.delegate, at=at)

    with pytest.raises(FieldError, match="stands on this agenda"):
        proposed(consultation, cast.delegate, at=at)
    assert len(letters("agendas:propose")) == 2


WORDS = {"kind": ItemKind.DISCUSSION, "title_ko": "", "title_en": "A point", "presenter": ""}


def test_only_the_proposing_side_edits(companies, cast, at):
    item = proposed(make.scheduled(companies["telegram"], cast, at=at), cast.delegate, at=at)
    with pytest.raises(Refused, match="Only the side that proposed"), transaction():
        service.edit(item, **WORDS, minutes_planned=20, by=cast.officer.as_actor(), at=at)
    with transaction():
        service.edit(item, **WORDS, minutes_planned=20, by=cast.company_admin.as_actor(), at=at)

    assert item.minutes_planned == 20
    assert last_event().details["before"][-1:] + last_event().details["after"][-1:] == [10, 20]


def test_words_stand_once_accepted_but_the_other_language_may_be_added(companies, cast, at):
    item = accepted(make.scheduled(companies["telegram"], cast, at=at), cast, at=at)
    by = cast.delegate.as_actor()
    with pytest.raises(FieldError, match="accepted these words"), transaction():
        service.edit(item, **WORDS | {"title_en": "Other"}, minutes_planned=10, by=by, at=at)
    with transaction():
        service.edit(
            item,
            **WORDS | {"title_ko": "한 가지", "presenter": "P"},
            minutes_planned=5,
            by=by,
            at=at,
        )

    assert (item.title_ko, item.title_en, item.presenter) == ("한 가지", "A point", "P")


def test_two_who_save_the_same_item_lose_nothing(companies, cast, at):
    item = proposed(make.scheduled(companies["telegram"], cast, at=at), cast.delegate, at=at)
    seen = item.stamp
    with transaction():
        service.edit(
            item, **WORDS, minutes_planned=20, seen=seen, by=cast.delegate.as_actor(), at=at
        )
    with pytest.raises(Conflict), transaction():
        service.edit(
            item, **WORDS, minutes_planned=30, seen=seen, by=cast.company_admin.as_actor(), at=at
        )
    # What is there already is no conflict: the same form sent twice is kept once.
    with transaction():
        service.edit(
            item, **WORDS, minutes_planned=20, seen=seen, by=cast.delegate.as_actor(), at=at
        )

    assert item.minutes_planned == 20
    assert (
        db.session.query(AuditEvent).filter_by(verb="agendas:edit", subject_id=item.id).count() == 1
    )


def test_the_order_is_moved_step_by_step(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    titles = ["One", "Two", "Three"]
    one, two, three = (accepted(consultation, cast, at=at, title=title) for title in titles)
    by = cast.officer.as_actor()
    with transaction():
        service.move(three, steps=-1, by=by, at=at)
    with transaction():
        service.move(one, steps=-1, by=by, at=at)  # it is the first already

    order = [item.title_en for item in queries.items_of(consultation.id)]
    assert order == ["One", "Three", "Two", "Next date"]
    with transaction():
        service.decline(
            proposed(consultation, cast.delegate, at=at, title="Four"), reason="No.", by=by, at=at
        )
    with transaction():
        service.move(two, steps=1, by=by, at=at)
    assert [item.title_en for item in queries.items_of(consultation.id)][-1] == "Two"


def test_the_order_is_fixed_once_it_was_held(companies, cast, at):
    consultation = make.held(companies["telegram"], cast, at=at)

    with pytest.raises(Refused, match="order of this agenda is fixed"), transaction():
        service.move(consultation.agenda_items[0], steps=1, by=cast.officer.as_actor(), at=at)


def test_a_private_note_is_its_own_side_s_alone(companies, cast, at):
    item = accepted(make.scheduled(companies["telegram"], cast, at=at), cast, at=at)
    for account, words in ((cast.officer, "OURS-ALONE"), (cast.delegate, "THEIRS-ALONE")):
        with transaction():
            service.prepare(item, text=words, by=account.as_actor(), at=at)
    with transaction():
        version = service.publish(item.consultation, by=cast.officer.as_actor(), at=at)
        document.keep(version, item.consultation, at=at)

    def seen_by(account):
        found = db.session.scalars(scope.visible(Preparation, account.as_actor())).all()
        return [note.text for note in found]

    assert seen_by(cast.head) == ["OURS-ALONE"]
    assert seen_by(cast.company_admin) == ["THEIRS-ALONE"]
    assert seen_by(cast.rival) == seen_by(cast.agency) == seen_by(cast.police) == []
    kept = [
        *(str((row.items, row.meeting, row.changes)) for row in (version,)),
        *(str(row.content) for row in db.session.query(Document)),
        *(row.body for row in db.session.query(Letter)),
        *(str(row.details) for row in db.session.query(AuditEvent)),
    ]
    assert not any("ALONE" in text for text in kept)


def test_two_who_write_the_note_at_once(companies, cast, at):
    item = accepted(make.scheduled(companies["telegram"], cast, at=at), cast, at=at)
    with transaction():
        service.prepare(item, text="First", seen="", by=cast.officer.as_actor(), at=at)

    with pytest.raises(Conflict), transaction():
        service.prepare(item, text="Second", seen="", by=cast.head.as_actor(), at=at)
    assert queries.preparation(item, cast.officer.organisation_id).text == "First"


def test_publishing_freezes_a_version_and_tells_both_sides_what_changed(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at, guests=("agency",))
    item, by = accepted(consultation, cast, at=at), cast.officer.as_actor()
    with transaction():
        first = service.publish(consultation, by=by, at=at)
    assert (first.number, first.changes) == (1, [])
    assert [line["title_en"] for line in first.items] == ["A point", "Next date"]
    with pytest.raises(Refused, match="Nothing has changed since version 1"), transaction():
        service.publish(consultation, by=by, at=at)

    accepted(consultation, cast, at=at, title="Another point")
    with transaction():
        service.edit(item, **WORDS, minutes_planned=25, by=cast.delegate.as_actor(), at=at)
    with transaction():
        second = service.publish(consultation, by=by, at=at)
    assert [change["what"] for change in second.changes] == ["added", "changed"]
    assert first.items[0]["minutes"] == 10
    told = [letter for letter in letters("agendas:publish") if "version 2" in letter.subject]
    assert sorted(letter.address.split("@")[0] for letter in told) == [
        "agency", "company_admin", "delegate", "head", "officer", "officer2",
    ]  # fmt: skip
    assert (
        "What changed since version 1:\n- Added: Another point\n- Changed: A point" in told[0].body
    )
    assert (last_event().verb, last_event().details) == (
        "agendas:publish",
        {"items": 3, "changes": 2},
    )


def test_proposals_are_not_published_before_they_are_accepted(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    proposed(consultation, cast.delegate, at=at, title="Waiting")
    with transaction():
        version = service.publish(consultation, by=cast.officer.as_actor(), at=at)

    assert [line["title_en"] for line in version.items] == ["Next date"]


def test_what_was_not_finished_goes_on_as_a_link_with_a_count(companies, cast, at):
    telegram = companies["telegram"]
    past = make.scheduled(telegram, cast, at=at, days=2, hour=15)
    item, by = accepted(past, cast, at=at, title="Long story"), cast.officer.as_actor()
    run(past, cast, item, Disposition.NOT_REACHED)
    second = make.scheduled(telegram, cast, at=at, days=40)
    with transaction():
        service.open_agenda(second, by=by, at=at)
    carried = queries.successor_of(item)
    assert (carried.consultation, carried.times_carried) == (second, 1)
    assert (item.disposition, item.consultation) == (Disposition.NOT_REACHED, past)
    third = make.scheduled(telegram, cast, at=at, days=70)
    run(second, cast, carried, Disposition.CARRIED)
    again = queries.successor_of(carried)

    assert (again.consultation, again.times_carried, again.status) == (
        third, 2, ItemStatus.ACCEPTED,
    )  # fmt: skip
    assert queries.on_the_agenda_since([again]) == {again.id: past.starts_at}
    assert document.carried_notes([again])[again.id] == "carried 2 times since March 2026"
    standing = [i for i in queries.everything_of(third.id) if i.kind is ItemKind.NEXT_DATE]
    assert [i.carried_from_id for i in standing] == [None]


def run(consultation, cast, item, disposition):
    """Hold a consultation in which one item got a disposition and everything else was done."""
    by, end = cast.officer.as_actor(), consultation.ends_at
    with transaction():
        service.publish(consultation, by=by, at=consultation.starts_at)
        consultations.begin(consultation, by=by, at=consultation.starts_at)
        consultations.record_attendance(
            consultation,
            dict.fromkeys(make.firsts(consultation), Attendance.PRESENT),
            by=by,
            at=end,
        )
        consultations.hold(consultation, by=by, at=end)
        for one in queries.items_of(consultation.id):
            service.dispose(
                one, disposition if one.id == item.id else Disposition.DONE, by=by, at=end
            )
        service.close(consultation, by=by, at=end)


def test_what_stands_on_a_later_agenda_keeps_its_disposition(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at, days=2, hour=15)
    make.scheduled(companies["telegram"], cast, at=at, days=40)
    item, by = accepted(consultation, cast, at=at), cast.officer.as_actor()
    with transaction():
        service.publish(consultation, by=by, at=at)
        consultations.begin(consultation, by=by, at=at)
        service.dispose(item, Disposition.CARRIED, by=by, at=at)
    with transaction():
        service.dispose(item, Disposition.CARRIED, by=by, at=at)  # the same again changes nothing

    with pytest.raises(Refused, match="later agenda already"), transaction():
        service.dispose(item, Disposition.DONE, by=by, at=at)
    assert db.session.query(AgendaItem).filter_by(carried_from_id=item.id).count() == 1


@pytest.mark.parametrize("state", ["scheduled", "published"])
def test_dispositions_wait_for_the_session(companies, cast, at, state):
    consultation = getattr(make, state)(companies["telegram"], cast, at=at)
    with transaction():
        service.open_agenda(consultation, at=at)

    with pytest.raises(Refused, match="in session or after"), transaction():
        service.dispose(
            consultation.agenda_items[0], Disposition.DONE, by=cast.officer.as_actor(), at=at
        )


def test_closing_names_what_is_left(companies, cast, at):
    consultation = make.held(companies["telegram"], cast, at=at)

    with pytest.raises(Refused, match="Open: Next date"), transaction():
        service.close(consultation, by=cast.officer.as_actor(), at=at)


def test_the_printed_agenda_is_frozen_in_both_languages(companies, cast, at):
    consultation = make.scheduled(companies["telegram"], cast, at=at)
    accepted(consultation, cast, at=at, title_ko="신고 창구", title="Reporting channel")
    with transaction():
        version = service.publish(consultation, by=cast.officer.as_actor(), at=at)
        kept = document.keep(version, consultation, at=at)
    with transaction():
        again = document.keep(version, consultation, at=datetime(2027, 1, 1, tzinfo=UTC))

    assert [one.id for one in again] == [one.id for one in kept]
    assert [(one.language, one.version, one.number) for one in kept] == [
        ("ko", 1, "Telegram 2026-01 A1"), ("en", 1, "Telegram 2026-01 A1"),
    ]  # fmt: skip
    assert all(one.released_at == at for one in kept)
    korean, english = (one.content for one in kept)
    assert korean["org_name"] == "방송미디어통신심의위원회"
    assert english["org_name"] == "Korea Media Communications Standards Commission"
    assert [line["title"] for line in korean["items"]] == ["신고 창구", "다음 일정"]
    assert [line["title"] for line in english["items"]] == ["Reporting channel", "Next date"]
    assert [clock["when"] for clock in english["clocks"]] == [
        "Thu 12 Mar 2026, 14:00", "Thu 12 Mar 2026, 09:00",
    ]  # fmt: skip
    for account in (cast.delegate, cast.company_admin, cast.officer):
        found = db.session.scalars(scope.visible(Document, account.as_actor())).all()
        assert len(found) == 2
    assert db.session.scalars(scope.visible(Document, cast.rival.as_actor())).all() == []
