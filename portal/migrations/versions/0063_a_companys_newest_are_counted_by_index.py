"""a company's newest requests are counted by index"""

from alembic import op

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

INDEX, TABLE = "ix_removal_request_company_id", "removal_request"
BEFORE = ["company_id", "id"]
COUNTED_BY = [
    "outcome", "legal_ground", "surface", "measure_type", "category", "platform_id", "month",
]  # fmt: skip


def replaced(columns):
    op.drop_index(INDEX, TABLE)
    op.create_index(INDEX, TABLE, columns)


def upgrade():
    replaced([*BEFORE, *COUNTED_BY])


def downgrade():
    replaced(BEFORE)
