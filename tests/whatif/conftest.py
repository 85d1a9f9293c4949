"""The facts and the cards of the scorecards room."""

from __future__ import annotations

from tests.scorecards.conftest import (  # noqa: F401 - fixtures are found by name
    by,
    draft,
    request_to,
    sent,
    twelve,
)
