"""Requests whose reference has served."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal.core.db import db
from portal.removal_requests.models import RemovalRequest
from tests.removal_requests import make

DAY = timedelta(days=1)
TERM = timedelta(days=270)


@pytest.fixture
def gone(companies: Any, cast: Any, at: Any) -> Any:
    """Make a request of Telegram, seen to be gone, with a reference that names the secret word."""

    def made(**given: Any) -> RemovalRequest:
        values = {"reference": "https://t.me/SECRETWORD/7", "at": at} | given
        request = make.verified(companies["telegram"], cast, **values)
        db.session.commit()
        return request

    return made
