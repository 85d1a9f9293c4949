"""requests by their issue and by their intake, read from an index alone"""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0040"
branch_labels = None
depends_on = None

ISSUED, TABLE, OF_INTAKE = "ix_removal_request_company_issued", "removal_request", "intake_id IS NOT NULL"


def upgrade():
    op.drop_index(ISSUED, TABLE)
    op.create_index(
        ISSUED, TABLE, ["company_id", "issued_at", "month", "recorded_at", "delivered_at"]
    )
    op.create_index(
        "ix_removal_request_intake", TABLE, ["intake_id"],
        sqlite_where=sa.text(OF_INTAKE), postgresql_where=sa.text(OF_INTAKE),
    )


def downgrade():
    op.drop_index("ix_removal_request_intake", TABLE)
    op.drop_index(ISSUED, TABLE)
    op.create_index(ISSUED, TABLE, ["company_id", "issued_at"])
