"""The seed decides what is looked at again, and nothing else."""

from __future__ import annotations

import hashlib

from portal.removal_requests.sampling import drawn, hash_of


def test_the_sample_follows_the_seed_alone():
    numbers = [f"RR-{n}" for n in range(100)]

    sample = drawn(numbers, "2026-10")

    assert len(sample) == len(set(sample)) == 20
    assert drawn(reversed(numbers), "2026-10") == sample
    assert drawn(numbers, "2026-11") != sample
    assert drawn(numbers[:20], 1) == sorted(numbers[:20])
    assert drawn(numbers[:7], 1) == sorted(numbers[:7])


def test_whoever_holds_the_numbers_can_draw_again():
    assert hash_of(["b", "a", "a"]) == hashlib.sha256(b"a\nb").hexdigest()
