"""What an attacker must not get. Each test tries it, beside what the same person may have."""

from __future__ import annotations

import csv
import io
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func

from portal.access import scope
from portal.access.actor import CLOCK
from portal.accounts import service as accounts
from portal.accounts.models import Account, Desk, Invitation, LoginSession, Organisation
from portal.agendas.models import AgendaItem, ItemStatus
from portal.batches.models import UnannouncedBatch
from portal.companies.models import Platform
from portal.consultations.models import Consultation, ConsultationStatus, Delegate, Side
from portal.core import audit
from portal.core.db import db, transaction
from portal.core.outbox import Letter
from portal.core.web import own_path
from portal.documents.models import Document
from portal.feeds import service as feeds
from portal.feeds.models import Feed
from portal.minutes import document as minutes_document
from portal.minutes.models import Minutes, MinutesStatus
from portal.removal_requests import importing
from portal.removal_requests import queries as removal_queries
from portal.removal_requests import service as removals
from portal.removal_requests.models import (
    Exclusion,
    LegalGround,
    MeasureType,
    RemovalRequest,
    SavedView,
    Surface,
)
from portal.responses.models import Evidence
from portal.scorecards.models import Scorecard, ScorecardStatus
from tests import cast as the_cast
from tests.access import world
from tests.access.routes import ROUTES
from tests.access.test_wall import address, rules

THEIRS = f"{world.SECRET}-telegram"
OURS = f"{world.SECRET}-x"


def has_id(rule: Any) -> bool:
    return any(name.endswith("_id") for name in rule.arguments)


def text_of(answer: Any) -> str:
    return answer.get_data().decode("utf-8", "replace")


def bare(answer: Any, record_id: Any) -> str:
    """A page without what differs in any case: the form's token and the address asked for."""
    page = re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", text_of(answer))
    return re.sub(rf"/{record_id}\b", "/N", page)


# Whether something exists


def test_a_rivals_record_and_no_record_at_all_look_alike(app, cast, visit, records) -> None:
    differing, tried = [], 0
    for endpoint, rule in rules(app).items():
        if not set(rule.arguments) <= set(records["x"]) | {"secret"}:
            continue  # test_wall.py asks for a record of every door
        if not has_id(rule) or not set(ROUTES.get(endpoint, "*")) & set("rm*"):
            continue
        method = "GET" if "GET" in rule.methods else "POST"
        theirs = records["telegram"]
        key = next(name for name in rule.arguments if name.endswith("_id"))
        there = visit(cast.rival_admin, method, address(rule, theirs))
        nowhere = visit(cast.rival_admin, method, address(rule, theirs | {key: 987654}))
        tried += 1
        if (there.status_code, nowhere.status_code) != (404, 404) or (
            bare(there, theirs[key]) != bare(nowhere, 987654)
        ):
            differing.append(endpoint)

    assert differing == []
    assert tried > 30


def test_an_address_is_not_told_to_have_an_account_elsewhere(app, cast, visit, records) -> None:
    def ask(email: str) -> tuple[int, str, str]:
        form = {"email": email, "name_en": "A", "name_ko": "가", "language": "en",
                "time_zone": "Asia/Seoul"}  # fmt: skip
        answer = visit(cast.rival_admin, "POST", "/colleagues/propose", form)
        page = visit(cast.rival_admin, "GET", answer.headers.get("Location", "/nowhere"))
        return answer.status_code, answer.headers.get("Location", ""), bare(page, 0)

    nobodys = ask("nobody@elsewhere.example")
    asked = {email: [ask(email), ask(email)] for email in (
        "delegate@telegram.example", "police@knpa.example", "nobody@elsewhere.example",
    )}  # fmt: skip

    assert asked == {email: [nobodys, nobodys] for email in asked}
    made = db.session.query(Account).filter_by(email="delegate@telegram.example").one()
    assert made.organisation.slug == "telegram"
    told = db.session.query(Letter).filter_by(kind="accounts:propose")
    assert {letter.account_id for letter in told} == {cast.administrator.id}
    assert ask(cast.rival.email)[0] == 200, "the own colleague's account is no secret"


def test_a_colleague_who_has_not_come_yet_does_not_show(app, cast, visit, records) -> None:
    form = {"email": "new@x.example", "name_en": "Newcomer", "name_ko": "새 동료",
            "language": "en", "time_zone": "Asia/Seoul"}  # fmt: skip
    visit(cast.rival_admin, "POST", "/colleagues/propose", form)

    page = text_of(
        visit(cast.rival, "GET", f"/action-items/{records['x']['action_item_id']}/assign")
    )

    assert cast.rival.name_en in page
    assert "Newcomer" not in page


def test_log_in_does_not_tell_who_has_an_account(app, cast, visit) -> None:
    pages = []
    for email in (cast.delegate.email, "nobody@telegram.example"):
        answer = visit(None, "GET", "/login")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', text_of(answer)).group(1)
        form = {"email": email, "password": "wrong and long", "csrf_token": token}
        page = bare(visit(None, "POST", "/login", form), 0).replace(email, "EMAIL")
        assert "is not right" in page
        pages.append(page)

    assert pages[0] == pages[1]


def test_numbers_do_not_count_a_rivals_requests(app, cast, records, at) -> None:
    made = []
    with transaction():
        for slug in ("telegram", "telegram", "telegram", "x"):
            platform = db.session.query(Platform).filter_by(slug=slug).one()
            made.append(removals.record_draft(
                platform, category="sexual_deepfake", legal_ground=LegalGround.VOLUNTARY_REQUEST,
                surface=Surface.PUBLIC_POST, measure_type=MeasureType.REMOVAL,
                reference=f"https://content.example/{len(made)}", by=cast.officer.as_actor(), at=at,
            ))  # fmt: skip

    assert made[-1].request_no == "X-2026-000001"
    assert made[-2].request_no == "TELEGRAM-2026-000003"


# Lists, filters, files


LISTS = (
    "/", "/consultations/", "/minutes/", "/action-items/", "/removal-requests/",
    "/information-requests/", "/scorecards/", "/documents/", "/companies/", "/feeds/",
)  # fmt: skip
FILES = (
    "/action-items/export.csv", "/removal-requests/export.csv", "/information-requests/export.csv",
)  # fmt: skip


@pytest.mark.parametrize("paths", [LISTS, FILES], ids=["lists", "files"])
def test_no_list_or_file_opens_when_it_is_narrowed_to_a_rival(
    app, cast, visit, records, paths: tuple[str, ...]
) -> None:
    theirs = records["telegram"]
    # Each as a rival would ask it, and the same about what nobody has: the answers are one.
    queries = (
        ("company=telegram", "company=nowhere1"),
        (f"company={theirs['company_id']}", "company=987654"),
        (f"platform=telegram&consultation={theirs['consultation_id']}",
         "platform=nowhere1&consultation=987654"),
        (f"show=all&number={THEIRS}&state=draft&month=2026-03",
         "show=all&number=NOTHING&state=draft&month=2026-03"),
    )  # fmt: skip
    bare_lists = ("/", "/minutes/", "/companies/", "/scorecards/")  # these print no text of ours

    def said(path: str, query: str) -> str:
        """The page without the words that were asked: links and forms of a list repeat them."""
        answer = visit(cast.rival, "GET", f"{path}?{query}")
        assert answer.status_code == 200, path
        page = bare(answer, 0)
        for pair in query.split("&"):
            name, value = pair.split("=")
            page = re.sub(rf"\b{name}(?:=|%3D){value}(?=\"|&|%26)", f"{name}=", page)
            page = page.replace(f'name="{name}" value="{value}"', f'name="{name}" value=""')
        return page

    for path in paths:
        for about_theirs, about_nothing in queries:
            page = said(path, about_theirs)
            assert THEIRS not in page, path
            assert not re.search(r"Telegram|텔레그램", page), path
            assert page == said(path, about_nothing), path
        assert OURS in text_of(visit(cast.rival, "GET", path)) or path in bare_lists


def test_a_file_holds_ones_own_rows_only(app, cast, visit, records) -> None:
    for path in FILES:
        own = list(csv.DictReader(io.StringIO(text_of(visit(cast.rival, "GET", path)))))
        both = list(csv.DictReader(io.StringIO(text_of(visit(cast.head, "GET", path)))))

        assert ({row["company"] for row in own}, len(own)) == ({"x"}, 1), path
        assert {row["company"] for row in both} == {"telegram", "x"}


def test_counts_leave_out_a_rivals_requests(app, cast, records, at) -> None:
    with scope.beyond_scope("everything, to compare"):
        everything = sum(removal_queries.waiting(at=at).values())
    scope.act_as(cast.rival.as_actor())

    assert sum(removal_queries.waiting(at=at).values()) == everything // 2 == 1


def test_an_officer_reaches_no_company_beyond_the_desks(app, cast, visit, records, at) -> None:
    theirs, ours = records["telegram"], records["x"]
    with transaction():
        db.session.add(Desk(account_id=cast.officer2.id, company_id=ours["company_id"]))
    theirs_platform, our_platform = (
        db.session.query(Platform).filter_by(slug=slug).one().id for slug in ("telegram", "x")
    )
    before = db.session.query(RemovalRequest).count()

    def record(platform_id: int) -> int:
        form = {"platform_id": platform_id, "category": "sexual_deepfake",
                "legal_ground": "voluntary_request", "surface": "public_post",
                "measure_type": "removal", "reference": "https://content.example/1"}  # fmt: skip
        return visit(cast.officer2, "POST", "/removal-requests/record", form).status_code

    assert record(theirs_platform) == 200
    assert db.session.query(RemovalRequest).count() == before
    assert record(our_platform) == 303
    doors = ("/action-items/record", "/consultations/schedule", "/scorecards/compute",
             "/removal-requests/record", "/removal-requests/import")  # fmt: skip
    for path in doors:
        for form in ({"company_id": theirs["company_id"], "company": theirs["company_id"]}, None):
            page = visit(cast.officer2, "POST" if form else "GET", path, form)
            assert page.status_code == 200
            assert not re.search(r"Telegram|텔레그램", text_of(page)), path


def test_an_import_does_not_tell_of_companies_beyond_the_desks(app, cast, visit, records) -> None:
    with transaction():
        db.session.add(Desk(account_id=cast.officer2.id, company_id=records["x"]["company_id"]))
    cells = dict.fromkeys(importing.COLUMNS, "") | {
        "request_no": f"{THEIRS}-1", "category": "sexual_deepfake", "surface": "public_post",
        "legal_ground": "voluntary_request", "measure_type": "removal",
        "reference": "https://content.example/1",
    }  # fmt: skip

    def told(company: str, platform: str) -> str:
        row = [(cells | {"company": company, "platform": platform})[c] for c in importing.COLUMNS]
        file = ",".join(importing.COLUMNS) + "\n" + ",".join(row) + "\n"
        upload = {"file": (io.BytesIO(file.encode()), "requests.csv")}
        page = text_of(visit(cast.officer2, "POST", "/removal-requests/import", upload,
                             content_type="multipart/form-data"))  # fmt: skip
        found = re.sub(r'value="[^"]*"', "", page[page.index("<main") :])
        return found.replace(platform, "SLUG").replace(company, "SLUG")

    assert told("telegram", "telegram") == told("nowhere1", "nowhere1")
    assert "No such company" in told("telegram", "telegram")
    assert "No such platform" in told("x", "telegram")
    assert told("x", "telegram") == told("x", "nowhere1")


# Numbers in forms


@pytest.fixture
def coming(app: Flask, records: dict[str, dict[str, Any]], at: Any) -> dict[str, dict[str, Any]]:
    """A consultation to come for each company, and a later one; items that wait for its word."""
    made: dict[str, dict[str, Any]] = {}
    with transaction():
        for slug, known in records.items():
            for nth in (2, 3):
                starts_at = at + timedelta(days=10 * nth)
                one = Consultation(
                    company_id=known["company_id"], year=2026, number=nth, serial=f"{slug} {nth}",
                    status=ConsultationStatus.SCHEDULED, starts_at=starts_at,
                    ends_at=starts_at + timedelta(hours=2), zone="Asia/Seoul",
                    wall_time="2026-03-22T10:00", venue="-", venue_country="KR", title_ko="-",
                    title_en=f"{world.SECRET}-{slug}",
                )  # fmt: skip
                db.session.add(one)
                db.session.flush()
                made.setdefault(slug, {})["next" if nth == 2 else "later"] = one.id
            item = AgendaItem(
                consultation_id=made[slug]["next"], company_id=known["company_id"], position=1,
                kind="discussion", title_ko="-", title_en="-", proposed_by=Side.INSTITUTION,
                proposed_at=at, status=ItemStatus.PROPOSED,
            )  # fmt: skip
            db.session.add(item)
            db.session.flush()
            made[slug]["item"] = item.id
    return made


def test_an_item_is_not_deferred_to_a_rivals_consultation(cast, visit, coming) -> None:
    def defer(to: int) -> tuple[int, int | None, str]:
        form = {"decision": "deferred", "reason": "later", "deferred_to_id": to}
        answer = visit(cast.rival, "POST", f"/agenda-items/{coming['x']['item']}/decide", form)
        now_to = db.session.get(AgendaItem, coming["x"]["item"]).deferred_to_id
        return answer.status_code, now_to, text_of(answer)

    code, to, page = defer(coming["telegram"]["later"])

    assert (code, to) == (200, None)
    assert THEIRS not in page
    assert defer(coming["x"]["later"])[:2] == (303, coming["x"]["later"])


def test_a_rivals_people_are_not_named_on_a_delegation(cast, visit, records, coming) -> None:
    def name(representative_id: int) -> int:
        form = {"representative_id": representative_id, "account_id": 0, "name": "", "title": ""}
        path = f"/consultations/{coming['x']['next']}/delegation"
        visit(cast.rival, "POST", path, form)
        named = db.session.query(Delegate).filter_by(consultation_id=coming["x"]["next"])
        assert THEIRS not in "".join(one.name for one in named)
        return named.count()

    assert name(records["telegram"]["representative_id"]) == 0
    assert name(records["x"]["representative_id"]) == 1


def test_a_rivals_person_is_not_made_the_contact(cast, visit, records) -> None:
    path = f"/action-items/{records['x']['action_item_id']}/assign"

    codes = [
        visit(cast.rival, "POST", path, {"contact_id": person.id}).status_code
        for person in (cast.delegate, cast.officer, cast.rival_admin)
    ]

    assert codes[:2] == [200, 200]


def test_fields_that_a_form_does_not_have_set_nothing(cast, visit, records, coming) -> None:
    form = {
        "title_en": "Ours", "title_ko": "우리", "kind": "discussion", "minutes_planned": 10,
        "status": "accepted", "proposed_by": "institution", "company_id": records["telegram"]["company_id"],
        "consultation_id": coming["telegram"]["next"], "id": 1,
    }  # fmt: skip

    path = f"/consultations/{coming['x']['next']}/agenda/propose"
    assert visit(cast.rival, "POST", path, form).status_code == 303

    made = db.session.query(AgendaItem).filter_by(title_en="Ours").one()
    assert (made.status, made.proposed_by) == (ItemStatus.PROPOSED, Side.COMPANY)
    assert made.consultation_id == coming["x"]["next"]


# What is not out yet


def _hide(model: Any, record_id: int, **values: Any) -> None:
    with transaction():
        for name, value in values.items():
            setattr(db.session.get(model, record_id), name, value)


def test_a_planned_consultation_is_not_the_companys_yet(cast, visit, coming) -> None:
    own = coming["x"]["next"]
    doors = [f"/consultations/{own}{tail}" for tail in ("", ".ics", "/agenda", "/delegation", "/minutes", "/agenda/propose")]  # fmt: skip
    assert visit(cast.rival, "GET", doors[0]).status_code == 200
    _hide(Consultation, own, status=ConsultationStatus.DRAFT)

    assert {visit(cast.rival, "GET", door).status_code for door in doors} == {404}
    assert "x 2" not in text_of(visit(cast.rival, "GET", "/consultations/"))


@pytest.mark.parametrize("status", [MinutesStatus.DRAFTING, MinutesStatus.INTERNAL_REVIEW])
def test_minutes_are_not_read_before_release(cast, visit, records, status: Any) -> None:
    own = records["x"]["minutes_id"]
    doors = [f"/minutes/{own}{tail}" for tail in ("", "/agreed.json", "/draft.pdf", "/answer", "/accept")]  # fmt: skip
    assert visit(cast.rival, "GET", doors[0]).status_code == 200
    _hide(Minutes, own, status=status, released_at=None)

    for person in (cast.rival, cast.commissioner, cast.police, cast.agency):
        assert {visit(person, "GET", door).status_code for door in doors} == {404}


def test_a_scorecard_is_not_read_before_its_time(cast, visit, records) -> None:
    own = records["x"]["scorecard_id"]
    doors = [f"/scorecards/{own}", f"/scorecards/{own}.pdf?language=en"]
    before = {visit(cast.commissioner, "GET", door).status_code for door in doors}
    assert visit(cast.rival, "GET", doors[0]).status_code == 200
    _hide(Scorecard, own, status=ScorecardStatus.DRAFT)

    assert before == {404}
    assert {visit(cast.rival, "GET", door).status_code for door in doors} == {404}


@pytest.mark.parametrize("hidden", [
    {"issued_at": None, "delivered_at": None}, {"measure_type": MeasureType.BLOCK},
])  # fmt: skip
def test_drafts_and_blocks_are_not_the_companys(cast, visit, records, hidden: Any) -> None:
    own = records["x"]["removal_request_id"]
    _hide(RemovalRequest, own, **hidden)
    # The person's own view bears the word as well, and stands on the page whatever is hidden.
    _hide(SavedView, records["x"]["saved_view_id"], name="mine")

    for tail in ("", "/reveal", "/answer"):
        assert visit(cast.rival, "GET", f"/removal-requests/{own}{tail}").status_code == 404
    for path in ("/removal-requests/", "/removal-requests/export.csv"):
        assert OURS not in text_of(visit(cast.rival, "GET", path))


def test_a_proposal_to_withdraw_is_not_the_companys_until_two_agree(cast, visit, records) -> None:
    path = f"/removal-requests/{records['x']['removal_request_id']}"
    before = bare(visit(cast.rival, "GET", path), 0)
    _hide(RemovalRequest, records["x"]["removal_request_id"],
          exclusion=Exclusion.ALREADY_GONE, exclusion_proposed_by_id=cast.officer.id)  # fmt: skip

    assert bare(visit(cast.rival, "GET", path), 0) == before
    assert "second person agrees" in text_of(visit(cast.officer, "GET", path))


def test_an_unreleased_document_is_not_handed_out(cast, visit, records) -> None:
    own = records["x"]["document_id"]
    assert visit(cast.rival, "GET", f"/documents/{own}.pdf").status_code == 200
    _hide(Document, own, released_at=None)

    assert visit(cast.rival, "GET", f"/documents/{own}.pdf").status_code == 404
    assert OURS not in text_of(visit(cast.rival, "GET", "/documents/"))


def test_notes_are_in_no_printed_minutes(app, records, at) -> None:
    minutes = db.session.get(Minutes, records["x"]["minutes_id"])
    printed = str(minutes_document.printable(minutes, language="en", at=at))

    assert OURS in printed
    assert "internal" not in printed.replace("internal_review", "")
    assert "private" not in printed


def test_a_guest_sees_the_table_and_not_the_papers_of_its_sides(app, cast, visit, records) -> None:
    theirs = records["telegram"]
    with transaction():
        db.session.add(Delegate(
            consultation_id=theirs["consultation_id"], company_id=theirs["company_id"],
            side=Side.INSTITUTION, organisation_id=cast.agency.organisation_id,
            account_id=cast.agency.id, name="Guest",
        ))  # fmt: skip
    table = f"/consultations/{theirs['consultation_id']}"
    page = text_of(visit(cast.agency, "GET", table)) + text_of(visit(cast.agency, "GET", f"{table}/agenda"))  # fmt: skip

    assert THEIRS in page
    assert "-private-" not in page
    shut = (
        f"/agenda-items/{theirs['item_id']}/preparation", f"/minutes/{theirs['minutes_id']}",
        f"/documents/{theirs['document_id']}.pdf", f"/action-items/{theirs['action_item_id']}",
        f"/removal-requests/{theirs['removal_request_id']}", f"/scorecards/{theirs['scorecard_id']}",
        f"/consultations/{records['x']['consultation_id']}",
    )  # fmt: skip
    assert {path: visit(cast.agency, "GET", path).status_code for path in shut} == dict.fromkeys(shut, 404)  # fmt: skip
    lead = f"/consultations/delegates/{theirs['delegate_id']}/lead"
    assert visit(cast.agency, "POST", lead).status_code == 409


# Letters and feeds


def test_no_letter_about_a_company_reaches_a_rival(app, cast, visit, records, coming, at) -> None:
    asked = db.session.get(RemovalRequest, records["telegram"]["removal_request_id"])
    _hide(RemovalRequest, asked.id, delivered_at=None)
    last = db.session.query(func.max(Letter.id)).scalar() or 0
    visit(cast.officer, "POST", f"/removal-requests/{asked.id}/deliver",
          {"channel": "portal", "proof": "", "delivered_at": ""})  # fmt: skip
    table = f"/consultations/{coming['telegram']['next']}"
    visit(cast.officer, "POST", f"{table}/agenda/propose",
          {"title_en": "A", "title_ko": "가", "kind": "discussion", "minutes_planned": 10})  # fmt: skip
    visit(cast.officer, "POST", f"{table}/cancel", {"side": "institution", "reason": "none"})

    letters = db.session.query(Letter).filter(Letter.id > last).all()
    kinds = {letter.kind for letter in letters}

    assert {"removal_requests:deliver", "agendas:propose", "consultations:cancelled"} <= kinds
    assert {letter.account_id for letter in letters} >= {cast.delegate.id, cast.company_admin.id}
    rival = db.session.query(Organisation).filter_by(slug="x").one().id
    theirs = [one.kind for one in letters if one.organisation_id == rival]
    assert theirs == []
    assert not any(world.SECRET + "-telegram-1" in letter.body.replace(asked.request_no, "") for letter in letters)  # fmt: skip


def test_links_in_letters_do_not_follow_the_host_asked_for(app, cast, visit) -> None:
    form = {"email": "new@x.example", "name_en": "N", "name_ko": "새", "language": "en",
            "time_zone": "Asia/Seoul"}  # fmt: skip
    visit(cast.rival_admin, "POST", "/colleagues/propose", form,
          headers={"X-Forwarded-Host": "evil.example"})  # fmt: skip

    letter = db.session.query(Letter).filter_by(kind="accounts:invite").one()
    assert f"{app.config['BASE_URL']}/invitations/" in letter.body
    assert "evil.example" not in letter.body


def test_a_feed_holds_ones_own_and_opens_nothing_else(
    app, cast, visit, records, coming, at
) -> None:
    with transaction():
        _feed, secret = feeds.create("phone", by=cast.rival.as_actor(), at=at)
    read = visit(None, "GET", f"/feeds/{secret}.ics")

    assert f"/consultations/{coming['x']['next']}" in text_of(read)
    assert f"/consultations/{coming['telegram']['next']}" not in text_of(read)
    assert world.SECRET not in text_of(read), "titles are neutral"
    assert visit(None, "GET", f"/consultations/{coming['x']['next']}").status_code == 302
    with transaction():
        accounts.deactivate(db.session.get(Account, cast.rival.id), by=CLOCK, at=at)
    assert visit(None, "GET", f"/feeds/{secret}.ics").status_code == 410
    assert db.session.query(Feed).filter_by(name="phone").count() == 1


def test_an_invitation_is_not_read_in_the_outbox_by_the_auditor(app, cast, visit, at) -> None:
    with transaction():
        newcomer = accounts.invite(
            db.session.query(Organisation).filter_by(slug="x").one(), role=cast.rival.role,
            email="new@x.example", name_ko="새", name_en="New", language="en",
            time_zone="Asia/Seoul", by=CLOCK, at=at,
        )  # fmt: skip

    page = text_of(visit(cast.auditor, "GET", "/outbox"))

    assert newcomer.email in page
    assert "/invitations/" not in page


# Coming in


ELSEWHERE = (
    "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example",
    "/\n/evil.example", "/\r\nSet-Cookie: a=b", "///evil.example", "\\\\evil.example", "//[",
    "javascript:alert(1)", "/\x7f/evil.example",
)  # fmt: skip


def test_nobody_is_sent_elsewhere(app, cast, visit) -> None:
    for target in ELSEWHERE:
        chosen = visit(cast.rival, "POST", "/language", {"language": "en", "next": target})
        assert (chosen.status_code, chosen.headers["Location"]) == (303, "/"), target
        assert own_path(target) is None
    assert own_path("/minutes/3?page=2") == "/minutes/3?page=2"


def test_an_address_of_an_error_page_leads_nowhere_else(app, cast, visit) -> None:
    lost = visit(cast.rival, "GET", "/%09/evil.example/")
    target = re.search(r'name="next" value="([^"]*)"', text_of(lost)).group(1)

    answer = visit(cast.rival, "POST", "/language", {"language": "ko", "next": target})

    assert lost.status_code == 404
    assert "evil" not in answer.headers["Location"]


def test_no_door_opens_to_a_form_of_another_site(app, cast, visit, records) -> None:
    opened = [
        endpoint
        for endpoint, rule in rules(app).items()
        if "POST" in rule.methods
        and set(rule.arguments) <= set(records["x"]) | {"secret"}
        and visit(
            cast.rival_admin, "POST", address(rule, records["x"]), {"csrf_token": "forged"}
        ).status_code
        # The API knows no cookie at all: a form of another site comes there without a token.
        != (401 if ROUTES[endpoint] == "t" else 400)
    ]

    assert opened == []


def _try_log_in(client: Any, email: str, password: str) -> Any:
    page = client.get("/login").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    return client.post("/login", data={"email": email, "password": password, "csrf_token": token})


def test_a_session_set_before_log_in_is_worth_nothing(app, cast) -> None:
    email = cast.rival.email
    db.session.commit()
    client = app.test_client()
    with client.session_transaction() as before:
        before["_user_id"], before["planted"] = "known to the attacker", "yes"

    assert _try_log_in(client, email, the_cast.PASSWORD).status_code == 303

    with client.session_transaction() as after:
        assert after["_user_id"] != "known to the attacker"
        assert "planted" not in after


def test_a_cookie_ends_with_its_session_and_its_account(app, cast, visit, at) -> None:
    assert visit(cast.rival, "GET", "/account").status_code == 200
    with transaction():
        accounts.deactivate(db.session.get(Account, cast.rival.id), by=CLOCK, at=at)
    assert visit(cast.rival, "GET", "/account").status_code == 302

    assert visit(cast.delegate, "GET", "/account").status_code == 200
    visit(cast.delegate, "POST", "/logout-everywhere")
    with transaction():
        assert db.session.query(LoginSession).filter_by(
            account_id=cast.delegate.id, ended_at=None
        ).count() == 0  # fmt: skip
    assert visit(cast.delegate, "GET", "/account").status_code == 302


def test_an_invitation_works_once_and_not_for_who_was_put_out(app, cast, visit, at) -> None:
    with transaction():
        account = db.session.get(Account, cast.rival.id)
        first = accounts.send_invitation(account, at=at)
        second = accounts.send_invitation(account, at=at)
    assert visit(None, "GET", f"/invitations/{first}").status_code == 410
    assert visit(None, "GET", f"/invitations/{second}").status_code == 200
    with transaction():
        used = db.session.query(Invitation).order_by(Invitation.id.desc()).first()
        used.used_at = at
    assert visit(None, "GET", f"/invitations/{second}").status_code == 410
    with transaction():
        third = accounts.send_invitation(db.session.get(Account, cast.rival.id), at=at)
        accounts.deactivate(db.session.get(Account, cast.rival.id), by=CLOCK, at=at)
    assert visit(None, "GET", f"/invitations/{third}").status_code == 410


def test_a_callers_code_is_not_told_to_exist(app, cast, visit, records) -> None:
    pages = [
        bare(visit(None, "POST", "/case", {"case_code": code, "secret": "12345678"}), 0).replace(
            code, "C"
        )
        for code in ("CODE-telegram", "CODE-nowhere1")
    ]

    assert pages[0] == pages[1]


# What is put in


HUGE = 10**30
BEYOND = 2**31
"""One more than the largest number of a record."""


NO_RECORD = [
    f"/scorecards/{BEYOND}", f"/companies/{BEYOND}", f"/removal-requests/{BEYOND}",
    f"/reconciliations/{BEYOND}", f"/figures/{BEYOND}", f"/letters/{BEYOND}.pdf",
    f"/consultations/{HUGE}", f"/removal-requests/{HUGE}", f"/documents/{HUGE}.pdf",
    f"/evidence/{HUGE}", f"/minutes/{HUGE}/agreed.json", f"/consultations/{HUGE}.ics",
]  # fmt: skip


def test_a_number_that_no_record_can_have_is_not_found(cast, visit) -> None:
    got = {path: visit(cast.rival, "GET", path).status_code for path in NO_RECORD}

    assert got == dict.fromkeys(NO_RECORD, 404)


ODD_QUESTIONS = [
    "/removal-requests/?page=²", f"/removal-requests/?page={HUGE}", "/action-items/?company=²",
    f"/consultations/?company={HUGE}", "/consultations/?company=²", "/documents/?page=-1",
    f"/action-items/?consultation={HUGE}", "/information-requests/?month=2026-13",
    "/removal-requests/?month=%27%22&number=%25_", "/scorecards/?month=9999-99",
    f"/outbox?company={BEYOND}", f"/outbox?consultation={HUGE}",
]  # fmt: skip


def test_no_question_in_the_address_breaks_a_page(cast, visit) -> None:
    got = {path: visit(cast.rival, "GET", path).status_code for path in ODD_QUESTIONS}

    assert got == dict.fromkeys(ODD_QUESTIONS, 200)


OFFICERS_QUESTIONS = [
    f"/removal-requests/?after={BEYOND}", f"/calendar/?company={BEYOND}",
    f"/calendar/list?company={HUGE}", f"/outbox?company={BEYOND}",
]  # fmt: skip


def test_no_question_of_an_officer_breaks_a_page(cast, visit) -> None:
    got = {path: visit(cast.officer, "GET", path).status_code for path in OFFICERS_QUESTIONS}

    assert got == dict.fromkeys(OFFICERS_QUESTIONS, 200)


def test_a_company_that_no_record_can_have_is_none_to_choose(cast, visit) -> None:
    form = {"company": BEYOND, "purpose": "To see.", "size": 1}

    before = db.session.query(UnannouncedBatch).count()

    page = visit(cast.officer, "POST", "/batches/mark", form)

    assert (page.status_code, db.session.query(UnannouncedBatch).count()) == (200, before)


@pytest.mark.parametrize("said", [
    "endpoint=desk.show", "_method=FOO", "_scheme=javascript&_external=1&_anchor=a", "company_id=1",
])  # fmt: skip
@pytest.mark.parametrize("door", ["", "/export"])
def test_words_of_an_address_do_not_steer_where_a_company_is_led(
    cast, visit, records, door: str, said: str
) -> None:
    own = f"/figures/{records['x']['company_id']}{door}"

    led = visit(cast.rival, "GET", f"/figures{door or '/'}?{said}")

    assert (led.status_code, led.headers["Location"]) == (302, f"{own}?{said}")


@pytest.mark.parametrize(
    "said", ["endpoint=desk.show", "_method=FOO", "_scheme=javascript&_external=1"]
)
def test_words_of_an_address_do_not_steer_the_pages_of_a_history(
    app, cast, visit, records, at, said: str
) -> None:
    own = records["x"]["consultation_id"]
    with transaction():
        consultation = db.session.get(Consultation, own)
        for _n in range(60):
            audit.record("consultations:correct", consultation, by=cast.rival.as_actor(), at=at)

    page = text_of(visit(cast.rival, "GET", f"/consultations/{own}/history?{said}"))

    assert f'href="/consultations/{own}/history?{said.replace("&", "&amp;")}&amp;page=2"' in page


def test_a_sign_that_no_database_stores_breaks_nothing(app, cast, visit, records) -> None:
    asked = records["x"]["removal_request_id"]
    answer = {"id": asked, "outcome": "refused", "reason": "not\0 ours", "confirmed": "1"}

    kept = visit(
        cast.rival, "POST", "/removal-requests/views/save", {"name": "mi\0ne", "query": "state=all"}
    )
    given = visit(cast.rival, "POST", "/removal-requests/answer-many", answer)

    assert (kept.status_code, given.status_code) == (303, 303)
    assert db.session.query(SavedView).filter_by(name="mine").one().query == "state=all"
    assert db.session.get(RemovalRequest, asked).refusal_reason == "not ours"


@pytest.mark.parametrize("year", ["0001-01-01", "9999-12-31"])
def test_a_year_at_the_edge_of_the_calendar_is_refused_at_its_field(
    cast, visit, records, year: str
) -> None:
    asked = f"/removal-requests/{records['x']['removal_request_id']}/answer"
    form = {"outcome": "removed", "removed_at": f"{year}T00:00"}

    page = visit(cast.rival, "POST", asked, form)

    assert (page.status_code, "Choose a year from 1970 to 9000." in text_of(page)) == (200, True)


@pytest.mark.parametrize("door", ["move", "rename"])
def test_a_change_of_the_first_year_is_refused_at_its_field(
    cast, visit, records, door: str
) -> None:
    path = {
        "move": f"/companies/platforms/{records['x']['platform_id']}/move",
        "rename": f"/companies/{records['x']['company_id']}/rename",
    }[door]
    form = {"company_id": records["telegram"]["company_id"], "from_on": "0001-01-01",
            "name_ko": "새 이름", "name_en": "Another"}  # fmt: skip

    page = visit(cast.head, "POST", path, form)

    assert (page.status_code, "Choose a year from 1970 to 9000." in text_of(page)) == (200, True)


def test_a_number_like_no_other_does_not_stop_the_counting(app, cast, records, at) -> None:
    platform = db.session.query(Platform).filter_by(slug="x").one()
    with transaction():
        db.session.get(RemovalRequest, records["x"]["removal_request_id"]).request_no = "X-2026-00000²"  # fmt: skip

    assert removal_queries.last_number(platform.company_id, "X-2026-") == 0


def test_rejected_lines_come_back_without_formulas(app, records, at) -> None:
    file = ",".join(importing.COLUMNS) + "\n" + ",".join(
        {"request_no": "=HYPERLINK(1)", "category": "'=kept", "surface": "-"}.get(name, "@x")
        for name in importing.COLUMNS
    )  # fmt: skip
    rows = importing.read(file.encode(), importing.Platforms({}, {}), at=at)

    given = next(csv.DictReader(io.StringIO(importing.rejected_file(rows))))

    assert (given["request_no"], given["category"]) == ("'=HYPERLINK(1)", "'=kept")
    assert not [cell for cell in given.values() if cell[:1] in "=+-@"]


def test_no_file_for_spreadsheets_runs_a_companys_words(app, cast, visit, records) -> None:
    _hide(RemovalRequest, records["x"]["removal_request_id"], refusal_reason="=cmd|'/c calc'!A1")

    rows = list(csv.DictReader(io.StringIO(text_of(visit(cast.head, "GET", "/removal-requests/export.csv")))))  # fmt: skip

    assert "'=cmd|'/c calc'!A1" in [row["refusal_reason"] for row in rows]


def test_the_name_of_a_file_steers_neither_header_nor_path(app, cast, visit, records) -> None:
    item = records["x"]["action_item_id"]
    with transaction():
        from portal.actions.models import ActionItem, ActionStatus

        db.session.get(ActionItem, item).status = ActionStatus.IN_PROGRESS
    name = '..\\../../etc/<b>x"; filename=evil.html.txt'
    form = {"text": "done", "link": "", "files": (io.BytesIO(b"<script>alert(1)</script>"), name)}
    sent = visit(cast.rival, "POST", f"/action-items/{item}/report", form, content_type="multipart/form-data")  # fmt: skip
    assert sent.status_code == 303
    stored = db.session.query(Evidence).order_by(Evidence.id.desc()).first()

    got = visit(cast.officer, "GET", f"/evidence/{stored.id}")

    assert not set('/\\"<>\r\n') & set(stored.filename)
    assert got.headers["Content-Disposition"].startswith("attachment; filename=")
    assert got.headers["Content-Disposition"].count('"') == 2
    assert (got.mimetype, got.headers["X-Content-Type-Options"]) == ("text/plain", "nosniff")
    assert "sandbox" in got.headers["Content-Security-Policy"]


def test_a_companys_words_are_no_markup_on_an_officers_page(app, cast, visit, coming) -> None:
    words = "<script>alert(1)</script>{{ 7*7 }}%(x)s"
    form = {"title_en": words, "title_ko": words, "presenter": words, "kind": "discussion",
            "minutes_planned": 10}  # fmt: skip
    table = f"/consultations/{coming['x']['next']}"
    assert visit(cast.rival, "POST", f"{table}/agenda/propose", form).status_code == 303

    for path in (table, f"{table}/agenda", "/"):
        page = text_of(visit(cast.officer, "GET", path))
        assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in text_of(
        visit(cast.officer, "GET", f"{table}/agenda")
    )
    letter = db.session.query(Letter).filter_by(kind="agendas:propose").first()
    assert "\n" not in letter.subject


def test_a_reference_is_in_no_log(app, cast, visit, records, caplog) -> None:
    own = records["x"]["removal_request_id"]
    with caplog.at_level(logging.DEBUG):
        shown = visit(cast.rival, "POST", f"/removal-requests/{own}/reveal", {"purpose": "act"})
        purpose = re.findall(r'value="(\w+)"', text_of(shown))
        for word in purpose:
            shown = visit(cast.rival, "POST", f"/removal-requests/{own}/reveal", {"purpose": word})
            if f"{OURS}<" in text_of(shown):
                break

    assert OURS in re.sub(rf"{OURS}-\d", "", text_of(shown)), "it was shown on a click"
    assert OURS not in re.sub(rf"{OURS}-\d", "", caplog.text)
