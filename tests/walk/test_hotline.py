"""An intake by keyboard alone, as on the phone, and the hand-over in one step."""

from __future__ import annotations

from collections.abc import Callable

from portal.core.db import db
from portal.hotline import service
from portal.hotline.models import Ground, Intake
from portal.removal_requests.models import RemovalRequest
from tests.walk.conftest import Person


def test_a_call_is_taken_by_keyboard_alone(enter: Callable[[str], Person]) -> None:
    operator = enter("operator")
    operator.open("/hotline/record")
    keyboard = operator.page.keyboard
    presses = []

    def press(*keys: str) -> None:
        for key in keys:
            keyboard.press(key)
            presses.append(key)

    # The cursor stands in the addresses; what is pasted there is typed here.
    operator.page.wait_for_selector("textarea:focus")
    keyboard.insert_text("https://t.example/1\nhttps://t.example/2")
    # A list is searched by letters of Latin script; in Korean Telegram stands last.
    telegram = "End" if operator.language == "ko" else "T"
    press("Tab", telegram, "Tab", "ArrowDown", "Tab", "Space", "Tab", "Enter")
    operator.page.wait_for_selector("main .stat-value")
    code, _secret = operator.page.locator("main .stat-value").all_inner_texts()
    operator.press("Hand over to the officers")

    assert len(presses) == 8
    intake = db.session.query(Intake).one()
    assert (intake.case_code, intake.ground, intake.is_minor_involved) == (
        code, Ground.NON_CONSENSUAL_IMAGE, True,
    )  # fmt: skip
    assert intake.platform.slug == "telegram"
    assert service.references(intake) == ["https://t.example/1", "https://t.example/2"]
    assert db.session.query(RemovalRequest).filter_by(intake_id=intake.id).count() == 2
