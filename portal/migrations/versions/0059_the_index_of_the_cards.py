"""the index of the figures holds what the cards count as well"""

from alembic import op


revision = '0059'
down_revision = '0036'
branch_labels = None
depends_on = None

NAME, TABLE = 'ix_removal_request_figures', 'removal_request'
BEFORE = [
    "company_id", "month", "measure_type", "legal_ground", "surface", "platform_id",
    "delivered_at", "answered_at", "decided_at", "outcome", "removed_at", "verified_at",
    "verification", "recheck", "reappeared_at", "exclusion", "excluded_by", "issued_at",
    "recorded_at", "intake_id",
]


def upgrade():
    op.drop_index(NAME, table_name=TABLE)
    op.create_index(NAME, TABLE, [*BEFORE, "rechecked_at", "disputed_at", "last_event_at"])


def downgrade():
    op.drop_index(NAME, table_name=TABLE)
    op.create_index(NAME, TABLE, BEFORE)
