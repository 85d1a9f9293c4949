"""What is kept in memory, for whom, and how much of it."""

from __future__ import annotations

from portal.core.kept import Kept


def test_what_was_made_is_kept_until_its_stamp_changes_and_by_its_own_key() -> None:
    kept, made = Kept(), iter(range(9))
    asked = [("reader", 1), ("reader", 1), ("other", 1), ("reader", 2), ("reader", 2), ("other", 1)]

    assert [kept.get(key, stamp, lambda: next(made)) for key, stamp in asked] == [0, 0, 1, 2, 2, 1]


def test_what_was_asked_for_longest_ago_makes_room() -> None:
    kept, made = Kept(most=2), []
    for key in ("first", "second", "first", "third", "first", "second"):
        kept.get(key, 1, lambda key=key: made.append(key))

    assert made == ["first", "second", "third", "second"]
