"""The dialogue by people at real browsers: a time is found, a series runs, the room is on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from portal.core.clock import now
from portal.core.outbox import send_waiting
from tests.calendars import Calendars
from tests.smtp_server import Mailbox
from tests.walk.conftest import Person
from tests.walk.test_main_job import seoul

PHONE = {"viewport": {"width": 390, "height": 844}}


def choose_company(officer: Person) -> str:
    """The number of Telegram in the form at hand."""
    option = officer.page.locator(
        "select[name=company_id] option", has_text=re.compile("^(Telegram|텔레그램)$")
    )
    return str(option.get_attribute("value"))


def test_the_dialogue(
    enter: Callable[..., Person],
    go_to: Callable[[datetime], None],
    mailbox: Mailbox,
    calendars: Calendars,
) -> None:
    officer, company = enter("officer"), enter("delegate")
    place = find_a_time(officer, company)
    first = run_a_series(officer)
    move_one_and_cancel_one(officer, first)
    agree(officer, company, place)
    go_to(seoul(2026, 3, 24, 14, 1))
    sit_together(enter("officer", **PHONE), enter("delegate", **PHONE), place)
    read_the_mail(mailbox, calendars)


def find_a_time(officer: Person, company: Person) -> str:
    """Slots are offered, both sides answer, one click schedules the best."""
    officer.open("/consultations/schedule")
    officer.fill(
        company_id=choose_company(officer), wall="2026-03-24T14:00", duration="120",
        zone="Asia/Seoul", venue="Meeting room, Seoul", venue_country="KR",
    )  # fmt: skip
    officer.press("Keep as a draft")
    place = officer.path()
    officer.open(place + "/slots/offer")
    officer.fill(**{
        "slots-0-wall": "2026-03-24T14:00", "slots-1-wall": "2026-03-25T15:00",
        "venue": "Meeting room, Seoul", "respond_by": "2026-03-10T18:00",
    })  # fmt: skip
    officer.press("Offer these slots to both sides")
    if officer.page.locator("[name=anyway]").count():
        officer.page.locator("[name=anyway]").check()
        officer.press("Offer these slots to both sides")
    for person in (officer, company):
        person.open(place + "/slots")
        for choice in person.page.locator("main input[type=radio][value=yes]").all():
            choice.check()
        with person.page.expect_navigation():
            person.page.locator("main form button.button-primary").first.click()
        assert person.wrong == []
    officer.open(place + "/slots")
    button = officer.page.locator("main form[action$='/schedule'] button").first
    if button.get_attribute("data-confirm"):
        button.click()
        button = officer.page.locator("dialog[open] button:not(.button-secondary)")
    with officer.page.expect_navigation():
        button.click()
    company.open(place)
    company.press("I come")
    return place


def run_a_series(officer: Person) -> str:
    """Every date is shown with what is awkward about it; then all are invited."""
    officer.open("/series/start")
    officer.fill(
        company_id=choose_company(officer), first_on="2026-09-01", until_on="2026-12-31",
        time="09:00", venue="Meeting room, Seoul",
    )  # fmt: skip
    officer.press("Check every date")
    assert "Chuseok" in officer.text() or "추석" in officer.text()
    assert officer.page.locator("#preview tbody tr").count() == 4
    officer.press("Begin the series and invite both sides")
    assert re.fullmatch(r"/series/\d+", officer.path()), officer.text()
    return officer.path()


def move_one_and_cancel_one(officer: Person, series: str) -> None:
    """One occurrence goes to Singapore, one is called off; the others stay in Seoul."""
    officer.open(series)
    rows = officer.page.locator("main table a[href^='/consultations/'][href$='reschedule']").all()
    moved, cancelled = (row.get_attribute("href") or "" for row in rows[:2])
    officer.open(moved)
    officer.fill(wall="2026-09-23T14:00", zone="Asia/Singapore", venue="Singapore",
                 venue_country="SG", reason="-")  # fmt: skip
    officer.press("Fix the new time")
    if officer.page.locator("[name=anyway]").count():
        officer.page.locator("[name=anyway]").check()
        officer.press("Fix the new time")
    officer.open(cancelled.replace("/reschedule", "/cancel"))
    officer.fill(side="institution", reason="-")
    with officer.page.expect_navigation():
        officer.page.locator("main form button[type=submit]").last.click()
    officer.open(series)
    text = officer.text()
    assert "Asia/Singapore" in text
    assert officer.page.locator("main table del").count() >= 1
    assert officer.page.locator("main tbody tr").count() == 4


def agree(officer: Person, company: Person, place: str) -> None:
    """An item of each side, a paper to one of them, a published agenda."""
    officer.open(place + "/agenda/propose")
    officer.fill(title_ko="처리 시간", title_en="Time to act", minutes_planned="30")
    officer.page.locator("main form button.button-primary").click()
    company.open(place + "/agenda")
    company.page.get_by_role(
        "button", name=re.compile("^" + company.word("Accept") + ":")
    ).first.click()
    officer.open(place + "/agenda")
    officer.page.get_by_role("link", name=re.compile("Time to act|처리 시간")).first.click()
    officer.follow("Lay a paper to the item")
    officer.page.set_input_files(
        "main [name=file]",
        files=[{"name": "plan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nplan\n"}],
    )
    officer.press("Lay it here")
    assert "plan.pdf" in officer.text()
    officer.open(place + "/agenda")
    officer.press("Publish version %(number)s", number=1)


def sit_together(officer: Person, company: Person, place: str) -> None:
    """The session on two phones: item after item, who is there, then the end."""
    officer.open(place)
    officer.press("Begin the session")
    officer.open(place + "/room")
    for box in officer.page.locator("main input[name=there]").all():
        box.check()
    officer.press("Record attendance")
    while officer.page.locator("main .room-now form[action$='/take-up'] button").count():
        with officer.page.expect_navigation():
            officer.page.locator("main .room-now form[action$='/take-up'] button").click()
        company.open(place + "/room")
        assert company.page.locator("main .room-clock").is_visible()
        assert company.page.locator("main form button").count() == 0
        with officer.page.expect_navigation():
            officer.page.locator("main .room-now button[name=disposition][value=done]").click()
    for person in (officer, company):
        assert person.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert officer.sees("Every item has its disposition.")
    officer.press("End the session")
    officer.open(place + "/room")
    officer.press("Close the consultation")
    assert officer.wrong == []


def read_the_mail(mailbox: Mailbox, calendars: Calendars) -> None:
    """What was sent arrives on a real server, and other programs read its calendar parts."""
    send_waiting(at=now())
    methods = []
    for message in mailbox.messages:
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                method = part.get_param("method")
                calendars.read(part.get_payload(decode=True), method=method)
                methods.append(method)
    assert methods.count("REQUEST") > 4
    assert "CANCEL" in methods
