"""measurable targets of outcomes and action items"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade():
    for table in ("outcome", "action_item"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("target", sa.JSON(), nullable=True))


def downgrade():
    for table in ("action_item", "outcome"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("target")
