"""what waits is counted, and a number found, by index"""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

TABLE = "removal_request"
COUNTED_BY = ["exclusion", "excluded_by", "company_id", "measure_type"]
INDEXES = {
    "waiting": (
        sa.text("outcome IS NULL OR outcome = 'needs_information'"),
        ["delivered_at", "id"],
        ["outcome", "issued_at", *COUNTED_BY],
    ),
    "unverified": (
        sa.text(
            "verified_at IS NULL AND coalesce(outcome, '') IN ('removed', 'account_action', 'partial')"
        ),
        ["id"],
        ["verified_at", "outcome", "issued_at", "delivered_at", *COUNTED_BY],
    ),
}
FOUND_BY = {
    "ix_removal_request_request_no": ["request_no"],
    "ix_removal_request_company_outcome": ["company_id", "outcome", "id"],
}


def replaced(has_more):
    for name, (where, order, more) in INDEXES.items():
        for extra, first in (("", []), ("_company", ["company_id"])):
            index = f"ix_removal_request_{name}{extra}"
            rest = [column for column in more if column not in first] if has_more else []
            op.drop_index(index, TABLE)
            op.create_index(
                index, TABLE, first + order + rest, sqlite_where=where, postgresql_where=where
            )


def upgrade():
    replaced(True)
    for index, columns in FOUND_BY.items():
        op.create_index(index, TABLE, columns)


def downgrade():
    for index in FOUND_BY:
        op.drop_index(index, TABLE)
    replaced(False)
