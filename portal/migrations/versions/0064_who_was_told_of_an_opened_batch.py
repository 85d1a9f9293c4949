"""who was told of an opened batch, and who has looked at it"""

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

TABLE = "unannounced_batch_reader"

OLD_NEWS = """
UPDATE unannounced_batch_reader SET told_at = (
    SELECT marked_at FROM unannounced_batch WHERE id = unannounced_batch_reader.batch_id
) WHERE NOT EXISTS (
    SELECT 1 FROM unannounced_batch_member JOIN removal_request
        ON removal_request.id = unannounced_batch_member.request_id
    WHERE unannounced_batch_member.batch_id = unannounced_batch_reader.batch_id
    AND NOT (removal_request.month IS NULL AND removal_request.excluded_by IS NOT NULL)
    AND NOT EXISTS (
        SELECT 1 FROM scorecard
        WHERE scorecard.company_id = removal_request.company_id
        AND scorecard.month = removal_request.month
        AND scorecard.status IN ('frozen', 'published')
    )
)
"""
"""Nobody is written to about what opened before anybody was told."""


def upgrade():
    with op.batch_alter_table(TABLE) as batch_op:
        batch_op.add_column(sa.Column("told_at", UTCDateTime(), nullable=True))
        batch_op.add_column(sa.Column("seen_at", UTCDateTime(), nullable=True))
    op.execute(OLD_NEWS)


def downgrade():
    with op.batch_alter_table(TABLE) as batch_op:
        batch_op.drop_column("seen_at")
        batch_op.drop_column("told_at")
