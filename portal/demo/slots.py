"""A search for a time in the demo: slots offered, half of the answers in, another time proposed."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.consultations import service as consultations
from portal.core.clock import SEOUL
from portal.demo.synthetic import Players, wall
from portal.slots import service
from portal.slots.models import Can
from portal.slots.service import Offer

SAID = {
    "officer@kcsc.example": (Can.YES, Can.YES, Can.NO, Can.YES),
    "rep@telegram.example": (Can.NO, Can.YES, Can.YES, Can.IF_NEED_BE),
}
"""What is said of the slots in order; the others have not answered yet."""


def load(*, at: datetime) -> None:
    """Offer four slots for the consultation after the next one with Telegram, two days ago."""
    players = Players()
    officer, asked_at = players.officer.as_actor(), at - timedelta(days=2)
    first = wall(at, 66, 15)
    days = (first, first + timedelta(days=1), wall(at, 73, 10), wall(at, 80, 16))
    draft = consultations.save_draft(
        players.companies["telegram"], title_ko="정기 대면협의(4분기)",
        title_en="Regular face-to-face consultation (fourth quarter)", wall=first, duration=120,
        zone=SEOUL.key, venue="방송회관 회의실 (서울 양천구) / Meeting room, Broadcasting Centre, Seoul",
        venue_country="KR", delegates=[players.officer, players.head], by=officer, at=asked_at,
    )  # fmt: skip
    draft.is_synthetic = True
    poll = service.offer(
        draft, [Offer(day, 120, SEOUL.key) for day in days],
        respond_by=(at + timedelta(days=9)).replace(hour=9, minute=0, second=0, microsecond=0),
        venue=draft.venue, venue_country="KR", by=officer, at=asked_at,
    )  # fmt: skip
    seats = {delegate.account_id: delegate for delegate in draft.delegates}
    for email, words in SAID.items():
        account = players.account(email)
        said = {slot.id: word for slot, word in zip(poll.slots, words, strict=True)}
        service.answer(
            seats[account.id], said, by=account.as_actor(), at=asked_at + timedelta(hours=20)
        )
    speaker = players.speaker("telegram")
    if speaker is not None:
        service.propose(
            poll, Offer(wall(at, 82, 11), 120, "Asia/Dubai"),
            reason="[Synthetic] Our lead is in Dubai that week and could join from there in the morning.",
            by=speaker, at=at - timedelta(hours=20),
        )  # fmt: skip
