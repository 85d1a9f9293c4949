"""notices that are not given"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("benchmark_row") as table:
        table.alter_column("notices", existing_type=sa.Integer(), nullable=True)


def downgrade():
    op.execute("DELETE FROM benchmark_row WHERE notices IS NULL")
    with op.batch_alter_table("benchmark_row") as table:
        table.alter_column("notices", existing_type=sa.Integer(), nullable=False)
