"""indexes that find a month as it stood at an instant"""

import sqlalchemy as sa
from alembic import op

revision = '0039'
down_revision = "0050"
branch_labels = None
depends_on = None

MOVED = "corrected = 'delivered_at'"


def upgrade():
    op.create_index(
        "ix_removal_request_company_issued", "removal_request", ["company_id", "issued_at"]
    )
    op.create_index(
        "ix_removal_request_event_moved", "removal_request_event", ["at"],
        sqlite_where=sa.text(MOVED), postgresql_where=sa.text(MOVED),
    )


def downgrade():
    op.drop_index("ix_removal_request_event_moved", "removal_request_event")
    op.drop_index("ix_removal_request_company_issued", "removal_request")
