"""claims that wait for a look, in an index of their own"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0041"
branch_labels = None
depends_on = None

TABLE = "removal_request"
BEFORE = sa.text("verified_at IS NULL AND outcome IS NOT NULL")
AFTER = sa.text(
    "verified_at IS NULL AND coalesce(outcome, '') IN ('removed', 'account_action', 'partial')"
)


def replaced(where):
    for name, columns in (
        ("ix_removal_request_unverified", ["id"]),
        ("ix_removal_request_unverified_company", ["company_id", "id"]),
    ):
        op.drop_index(name, TABLE)
        op.create_index(name, TABLE, columns, sqlite_where=where, postgresql_where=where)


def upgrade():
    replaced(AFTER)


def downgrade():
    replaced(BEFORE)
