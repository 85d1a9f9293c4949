"""What the document promises is what the API does, for input nobody thought of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from portal.access import scope
from portal.api import spec
from portal.core.db import db
from tests.api.test_api import file_count, token_of
from tests.removal_requests import make

# A cursor, an instant and a refusal's reason may be right in form and still be refused (422).
LEFT_OUT = [positive_data_acceptance]


@schemathesis.serializer("application/x-ndjson")
def as_lines(_context: Any, value: Any) -> bytes:
    """The document says a text; whatever stands in it is sent as it is."""
    return str(value).encode("utf-8", "replace")


ONCE = settings(
    max_examples=15, database=None, suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate),
)  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("operation", [operation.id for operation in spec.OPERATIONS])
def test_the_api_keeps_what_the_document_says(
    app: Flask, cast: Any, companies: Any, at: Any, operation: str
) -> None:
    number = make.delivered(companies["telegram"], cast, at=at - timedelta(hours=2)).request_no
    known = {"number": number, "month": file_count(companies["telegram"], cast, at=at).month}
    headers = {"Authorization": f"Bearer {token_of(cast.company_admin, at=at)}"}
    db.session.commit()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    chosen = schema.find_operation_by_id(operation)

    @seed(20260302)
    @ONCE
    @given(case=chosen.as_strategy())
    def try_out(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)
        if case.path_parameters:  # and once where there is something
            case.path_parameters.update((name, known[name]) for name in list(case.path_parameters))
            case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)
        scope.act_as(None)
        db.session.rollback()

    try_out()
