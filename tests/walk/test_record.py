"""The record both sides stand by: disagreed upon, adopted, corrected, published and verified."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pypdf
from playwright.sync_api import Browser

from tests.walk.conftest import Person
from tests.walk.test_main_job import agree_on_agenda, hold, release, schedule, seoul, write

WRONG, RIGHT = "There were no objections.", "There was one objection."


def test_the_record(
    enter: Callable[..., Person],
    go_to: Callable[[datetime], None],
    browser: Browser,
    served: str,
    language: str,
    tmp_path: Path,
) -> None:
    officer = enter("officer")
    place = schedule(officer)
    agree_on_agenda(officer, enter("delegate"), place)
    go_to(seoul(2026, 3, 19, 14, 2))
    officer = enter("officer")
    minutes = hold(officer, place)
    write(officer, minutes)
    go_to(seoul(2026, 3, 20, 10, 0))
    release(enter("officer"), enter("head"), minutes)
    go_to(seoul(2026, 3, 23, 10, 0))
    company, officer, head = enter("delegate"), enter("officer"), enter("head")
    disagree_and_adopt(company, officer, head, minutes)
    first = the_file(company, minutes, version=1)
    correct(company, head, minutes)
    second = the_file(company, minutes, version=2)
    computed_by_others(company, minutes, second, tmp_path)
    words = Person(
        browser.new_page(locale="ko-KR" if language == "ko" else "en-US"), served, language
    )
    stranger_verifies(words, first, second)
    publish(officer, head, company, minutes)
    company.open(f"{minutes}/files")
    rival = enter("rival")
    for hidden in (minutes, f"{minutes}/files", f"{minutes}/errata", "/errata/1"):
        assert rival.page.request.get(served + hidden).status == 404


def disagree_and_adopt(company: Person, officer: Person, head: Person, minutes: str) -> None:
    """One item is disagreed upon; the disagreement is printed and both sides adopt all the same."""
    company.open(minutes)
    company.follow("Answer item by item")
    for radio in company.page.locator("main input[type=radio][value=agree]").all()[1:]:
        radio.check()
    company.page.locator("main input[type=radio][value=disagree]").first.check()
    fold = company.page.locator("main details.fold").first
    if not fold.evaluate("node => node.open"):
        fold.locator("summary").click()
    fold.locator("textarea").last.fill("The company objected to the deadline.")
    company.press("Send the answers")
    officer.open(minutes)
    officer.press("Reconcile")
    for person in (head, company):
        person.open(minutes)
        person.follow("Read and accept")
        person.press("Accept this text for my side")
    company.open(minutes)
    assert company.sees("adopted")


def the_file(person: Person, minutes: str, *, version: int) -> bytes:
    """The sealed English file of a version, as the person downloads it."""
    person.open(f"{minutes}/files")
    name = person.word("Version %(number)s", number=version)
    link = person.page.locator("main .files a", has_text=f"{name}, English").first
    return person.fetch(link.get_attribute("href") or "")


def correct(company: Person, head: Person, minutes: str) -> None:
    """The company finds a word wrong, both sides accept what it should say."""
    company.open(f"{minutes}/errata")
    company.follow("Propose an erratum")
    company.fill(item_0="2", old_0="was never written", new_0=RIGHT, reason_0="Misheard.")
    company.press("Propose")
    assert company.sees("These words do not stand in the item. Copy the passage exactly.")
    company.fill(old_0=WRONG)
    company.press("Propose")
    erratum = company.path()
    company.press("Accept this text for my side")
    head.open("/")
    head.page.locator("main a[href$='/errata']").first.click()
    head.page.locator("main a[href='" + erratum + "']").click()
    head.press("Accept this text for my side")
    assert head.sees("Version %(number)s is adopted. Version %(before)s stays as it was and is superseded.",
                     number=2, before=1)  # fmt: skip


def computed_by_others(company: Person, minutes: str, pdf: bytes, tmp_path: Path) -> None:
    """sha256sum and pdfsig agree with what is printed."""
    text = company.fetch(f"{minutes}/agreed.json")
    file, attached = tmp_path / "agreed.json", tmp_path / "attached.pdf"
    file.write_bytes(text)
    attached.write_bytes(pdf)
    said = subprocess.run(["sha256sum", str(file)], capture_output=True, text=True, check=True)
    sha256 = said.stdout.split()[0]
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert reader.attachments["agreed.json"] == [text]
    printed = "".join("".join(page.extract_text() for page in reader.pages).split())
    assert sha256 in printed
    assert RIGHT.replace(" ", "") in printed
    assert "Thecompanyobjectedtothedeadline." in printed
    record = json.loads(text)
    again = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(again.encode()).hexdigest() == sha256
    signed = subprocess.run(["pdfsig", str(attached)], capture_output=True, text=True).stdout
    assert "Signature is Valid." in signed
    assert "Total document signed" in signed


def stranger_verifies(stranger: Person, first: bytes, second: bytes) -> None:
    """Somebody without an account drops files: the newest, the one before, one that was touched."""
    changed = bytearray(second)
    changed[700] ^= 1
    for content, sentence in (
        (second, "Issued by us, unchanged"),
        (first, "Superseded"),
        (bytes(changed), "Changed after it was issued"),
        (b"%PDF-1.7 something else", "Not issued by us"),
    ):
        stranger.open("/documents/verify")
        stranger.page.locator("input[type=file]").set_input_files(
            {"name": "file.pdf", "mimeType": "application/pdf", "buffer": content}
        )
        stranger.press("Check")
        assert stranger.sees(sentence), stranger.text()
        assert "Telegram" not in stranger.text()


def publish(officer: Person, head: Person, company: Person, minutes: str) -> None:
    """A public version without the disagreement, made by one and released by another."""
    officer.open(f"{minutes}/public")
    officer.fill(passages="The company objected to the deadline.")
    officer.press("Make the public version")
    head.open(f"{minutes}/files")
    head.press("Release")
    company.open(f"{minutes}/files")
    link = company.page.locator("main .files a[href^='/documents/']").last
    public = company.fetch(link.get_attribute("href") or "")
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(public)).pages)
    assert "objected" not in text
    assert "■■■" in text
