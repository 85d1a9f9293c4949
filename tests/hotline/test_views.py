"""The pages: the operator's, and what the caller learns from outside."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from portal.core.db import db
from portal.core.secrets import unseal
from portal.hotline.models import Channel, Intake
from tests.hotline.conftest import platform_of
from tests.queries import counting

PARTS = (
    "officer", "head", "operator", "police", "agency", "delegate", "company_admin", "rival",
    "rival_admin", "commissioner", "auditor", "administrator",
)  # fmt: skip
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")
SECRET = re.compile(r"\b\d{4} \d{4}\b")


def text(response: Any) -> str:
    return response.get_data(as_text=True)


@pytest.fixture
def sheet(companies: Any) -> dict[str, Any]:
    """What an operator types."""
    return {"reference": "https://t.example/c/SECRETWORD", "channel": "phone", "sheet": "one",
            "ground": "sexual_deepfake", "platform_id": platform_of(companies["telegram"]).id}  # fmt: skip


def test_who_sees_the_intake(cast: Any, take: Any, visit: Any) -> None:
    number = take()[0].id
    for url in ("/hotline/", f"/hotline/{number}"):
        codes = {part: visit(getattr(cast, part), "GET", url).status_code for part in PARTS}

        assert {part for part, code in codes.items() if code == 200} == {
            "operator", "head", "auditor",
        }  # fmt: skip
        assert set(codes.values()) == {200, 404}


@pytest.mark.parametrize("part", ["officer", "head", "police", "delegate", "auditor"])
def test_only_the_operator_takes_a_call(cast: Any, visit: Any, sheet: Any, part: str) -> None:
    assert visit(getattr(cast, part), "POST", "/hotline/record", sheet).status_code == 404
    assert db.session.query(Intake).count() == 0


def test_the_form_is_short_and_begins_where_one_types(cast: Any, visit: Any) -> None:
    page = text(visit(cast.operator, "GET", "/hotline/record"))
    form = page[page.index('class="form"') :]
    form = form[: form.index("</form>")]

    names = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', form)
    assert list(dict.fromkeys(names)) == [
        "csrf_token", "sheet", "reference", "platform_id", "ground", "is_minor_involved", "channel",
        "received_at",
    ]  # fmt: skip
    assert re.findall(r'<textarea[^>]* autofocus[^>]* name="(\w+)"', form) == ["reference"]
    assert re.search(r'value="phone" checked', form)


def test_code_and_secret_are_shown_once(cast: Any, visit: Any, sheet: Any) -> None:
    answer = visit(
        cast.operator, "POST", "/hotline/record",
        sheet | {"is_minor_involved": "y", "received_at": "2026-03-02T09:58"},
    )  # fmt: skip
    intake = db.session.query(Intake).one()
    [secret] = set(SECRET.findall(text(answer)))
    later = [
        text(visit(cast.operator, "GET", url)) for url in ("/hotline/", f"/hotline/{intake.id}")
    ]

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert intake.case_code in text(answer)
    assert "/case" in text(answer)
    assert all(intake.case_code in page and not SECRET.search(page) for page in later)
    assert not any("SECRETWORD" in page for page in (text(answer), *later))
    assert (intake.channel, intake.is_minor_involved) == (Channel.PHONE, True)
    assert intake.received_at.isoformat() == "2026-03-02T00:58:00+00:00"
    assert secret.replace(" ", "") not in intake.secret_hash


def test_where_the_secret_is_shown_no_other_language_is_offered(
    cast: Any, visit: Any, sheet: Any
) -> None:
    """Reading on in the other language would show the page before, and lose the secret."""
    shown = text(visit(cast.operator, "POST", "/hotline/record", data=sheet))

    assert 'class="language"' in text(visit(cast.operator, "GET", "/hotline/record"))
    assert "shown only now" in shown
    assert 'class="language"' not in shown


def test_a_shortened_link_is_named_and_noted_on_the_second_click(
    cast: Any, companies: Any, visit: Any, sheet: Any
) -> None:
    """The caller cannot be asked where a shortened link leads: the call is not lost for it."""
    platform_of(companies["telegram"]).hosts = "t.me"
    db.session.commit()
    sheet |= {"reference": "https://short.example/a"}
    first = text(visit(cast.operator, "POST", "/hotline/record", data=sheet))
    offered = 'name="is_elsewhere"'

    assert "short.example is no host of this platform" in first and offered in first
    assert offered not in text(visit(cast.operator, "GET", "/hotline/record"))
    assert db.session.query(Intake).count() == 0
    visit(cast.operator, "POST", "/hotline/record", data=sheet | {"is_elsewhere": "y"})
    assert db.session.query(Intake).count() == 1


def test_the_same_form_sent_twice_loses_nothing(cast: Any, visit: Any, sheet: Any) -> None:
    pages = [text(visit(cast.operator, "POST", "/hotline/record", sheet)) for _n in range(2)]

    assert db.session.query(Intake).count() == 1
    assert len({tuple(SECRET.findall(page)) for page in pages}) == 1
    assert SECRET.search(pages[0])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"reference": ""}, "Give the address or message link"),
        ({"reference": "two words"}, "One address without spaces"),
        ({"reference": "kim@mail.example"}, "personal data"),
        ({"platform_id": "0"}, "Choose a platform."),
        ({"platform_id": "9999"}, "Not a valid choice"),
        ({"ground": "gossip"}, "Not a valid choice"),
        ({"channel": "pigeon"}, "Not a valid choice"),
        ({"received_at": "2026-02-30T10:00"}, "Not a valid datetime value"),
        ({"received_at": "0001-01-01T00:00"}, "Choose a year between 2000 and 2100."),
        ({"received_at": "2026-03-02T10:01"}, "This lies in the future."),
    ],
)
def test_a_wrong_form_says_where_and_keeps_what_was_typed(
    cast: Any, visit: Any, sheet: Any, changed: dict[str, str], sentence: str
) -> None:
    page = visit(cast.operator, "POST", "/hotline/record", sheet | changed)
    good = visit(cast.operator, "POST", "/hotline/record", sheet)

    assert page.status_code == 200
    assert sentence in text(page)
    assert (changed | {"": ""}).get("reference", "SECRETWORD") in text(page)
    assert "Tell the caller" in text(good)
    assert db.session.query(Intake).count() == 1


def test_it_is_handed_over_once_and_the_page_says_so(cast: Any, take: Any, visit: Any) -> None:
    number = take()[0].id
    before = text(visit(cast.operator, "GET", f"/hotline/{number}"))
    done = visit(cast.operator, "POST", f"/hotline/{number}/hand-over")
    after = text(visit(cast.operator, "GET", f"/hotline/{number}"))
    again = visit(cast.operator, "POST", f"/hotline/{number}/hand-over")

    assert f'action="/hotline/{number}/hand-over"' in before
    assert (done.status_code, again.status_code) == (303, 409)
    assert "/hand-over" not in after and "handed over" in after
    assert db.session.get(Intake, number).handed_over_at is not None


def test_the_head_and_the_auditor_have_no_button_to_hand_over(
    cast: Any, take: Any, visit: Any
) -> None:
    number = take()[0].id

    for person in (cast.head, cast.auditor):
        assert "/hand-over" not in text(visit(person, "GET", f"/hotline/{number}"))
        assert visit(person, "POST", f"/hotline/{number}/hand-over").status_code == 404


def test_the_caller_learns_how_far_it_is_and_nothing_else(
    cast: Any, companies: Any, visit: Any, sheet: Any
) -> None:
    told = text(visit(cast.operator, "POST", "/hotline/record", sheet))
    intake = db.session.query(Intake).one()
    [secret] = set(SECRET.findall(told))

    page = text(visit(None, "POST", "/case", {"case_code": intake.case_code, "secret": secret}))

    assert "notice-" in page
    assert not re.search(r"telegram|t\.example|phone call|minor", page, re.IGNORECASE)
    assert unseal(intake.reference_encrypted) not in page


def test_a_wrong_code_and_a_wrong_secret_get_the_same_answer(
    cast: Any, take: Any, visit: Any
) -> None:
    intake, secret = take()
    other, _other_secret = take()
    tries = (
        (intake.case_code, "0000 0000"), (other.case_code, secret), ("AAAA-AAAA", secret),
        ("nonsense", secret),
    )  # fmt: skip

    pages = {
        re.sub(r'value="[^"]*"', "", text(visit(None, "POST", "/case", {"case_code": code, "secret": given})))
        for code, given in tries
    }  # fmt: skip

    assert len(pages) == 1
    assert "do not belong together" in pages.pop()


def test_the_status_page_counts_tries(take: Any, visit: Any) -> None:
    intake, secret = take()
    wrong = {"case_code": intake.case_code, "secret": "0000 0000"}

    codes = [visit(None, "POST", "/case", wrong).status_code for _n in range(12)]
    right = visit(None, "POST", "/case", {"case_code": intake.case_code, "secret": secret})

    assert (codes[0], codes[-1], right.status_code) == (200, 429, 429)


def test_the_list_shows_first_what_is_not_handed_over(
    cast: Any, take: Any, visit: Any, at: Any
) -> None:
    done = take(received_at=at - timedelta(hours=1))[0]
    young, old = take()[0], take(received_at=at - timedelta(hours=3))[0]
    done.handed_over_at = at
    db.session.commit()
    order = [old.case_code, young.case_code, done.case_code]

    page = text(visit(cast.operator, "GET", "/hotline/"))
    waiting = text(visit(cast.operator, "GET", "/hotline/?show=open"))

    assert [code for code in CODE.findall(page) if code in order] == order
    assert [code for code in CODE.findall(waiting) if code in order] == order[:2]


def test_the_list_asks_the_same_few_queries_however_long(cast: Any, take: Any, visit: Any) -> None:
    take()
    visit(cast.operator, "GET", "/hotline/")
    with counting() as one:
        visit(cast.operator, "GET", "/hotline/")
    for _n in range(60):
        take()
    with counting() as many:
        page = visit(cast.operator, "GET", "/hotline/")

    assert text(page).count('scope="row"') == 50
    assert len(many) == len(one) <= 8


def test_one_call_asks_few_queries_however_many_there_are(cast: Any, take: Any, visit: Any) -> None:
    url = f"/hotline/{take()[0].id}"
    visit(cast.operator, "GET", url)
    with counting() as one:
        visit(cast.operator, "GET", url)
    for _n in range(10):
        take()
    with counting() as many:
        visit(cast.operator, "GET", url)

    assert len(many) == len(one) <= 8


def test_the_channel_does_not_rename_the_role_of_an_agency(cast: Any, visit: Any) -> None:
    assert "agency delegate" in text(visit(cast.agency, "GET", "/account")).lower()


def test_what_is_made_up_for_trials_is_no_platform_to_report_to(
    cast: Any, companies: Any, visit: Any
) -> None:
    companies["x"].is_sandbox = True
    db.session.commit()
    for part, path in (("operator", "/hotline/record"), ("police", "/information-requests/file")):
        form = text(visit(getattr(cast, part), "GET", path))

        assert f'<option value="{platform_of(companies["telegram"]).id}"' in form
        assert f'<option value="{platform_of(companies["x"]).id}"' not in form


def test_an_intake_is_taken_on_in_words_of_its_own(cast: Any, take: Any, visit: Any) -> None:
    number = take()[0].id
    cast.operator.language = "ko"

    assert "이 접수 맡기" in text(visit(cast.operator, "GET", f"/hotline/{number}"))
