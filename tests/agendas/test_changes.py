"""What changed between two versions, said so that nobody has to compare them."""

from __future__ import annotations

from portal.agendas.changes import in_words, item_changes, meeting_changes
from portal.core.i18n import spoken


def item(number, **words):
    return {
        "id": number, "kind": "discussion", "title_ko": f"안건 {number}",
        "title_en": f"Item {number}", "presenter": "", "minutes": 10,
        "proposed_by": "institution", "times_carried": 0, "is_late": False,
    } | words  # fmt: skip


def said(before, after):
    with spoken("en"):
        return [in_words(change) for change in item_changes(before, after)]


def test_nothing_changed():
    items = [item(number) for number in range(5)]

    assert item_changes(items, items) == []


def test_added_removed_and_changed():
    assert said([item(1), item(2)], [item(2, minutes=20, presenter="P"), item(3)]) == [
        "Removed: Item 1", "Added: Item 3", "Changed: Item 2 (Presenter, Minutes planned)",
    ]  # fmt: skip


def test_one_that_moved_far_is_one_change():
    items = [item(number) for number in range(40)]

    assert said(items, [items[-1], *items[:-1]]) == ["Moved: Item 39"]
    assert said(items, [*items[1:], items[0]]) == ["Moved: Item 0"]


def test_an_added_item_moves_nobody():
    items = [item(number) for number in range(4)]

    assert said(items, [item(9), *items]) == ["Added: Item 9"]


def test_time_and_place():
    before = {
        "starts_at": "2026-03-12T05:00:00+00:00", "zone": "Asia/Seoul", "duration": 120,
        "venue": "Room 3",
    }  # fmt: skip
    after = before | {"starts_at": "2026-03-13T05:00:00+00:00", "duration": 60, "venue": "Room 5"}
    with spoken("en"):
        sentences = [in_words(change) for change in meeting_changes(before, after)]
    with spoken("ko"):
        korean = [in_words(change) for change in meeting_changes(before, after)]

    assert sentences == [
        "New time: Fri 13 Mar 2026, 14:00 Seoul (UTC+09:00) "
        "(before: Thu 12 Mar 2026, 14:00 Seoul (UTC+09:00))",
        "New duration: 60 minutes (before: 120)",
        "New venue: Room 5 (before: Room 3)",
    ]
    assert korean[1] == "소요 시간 변경: 60분 (변경 전: 120분)"
    assert meeting_changes({}, after) == []
