"""Whom an address stands for when tries are counted."""

from __future__ import annotations

import pytest

from portal.access.throttle import network


@pytest.mark.parametrize(
    ("address", "whom"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        (None, ""),
        ("no address", "no address"),
    ],
)
def test_an_address_counts_as_its_network(address: str | None, whom: str) -> None:
    assert network(address) == whom
