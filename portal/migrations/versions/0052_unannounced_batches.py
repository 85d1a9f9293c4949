"""unannounced batches"""

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "unannounced_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("marked_at", UTCDateTime(), nullable=False),
        sa.Column("marked_by_id", sa.Integer(), nullable=False),
        sa.Column("marked_by", sa.String(length=120), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("candidates", sa.Integer(), nullable=False),
        sa.Column("numbers_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_unannounced_batch_company_id"
        ),
        sa.ForeignKeyConstraint(
            ["marked_by_id"], ["account.id"], name="fk_unannounced_batch_marked_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_unannounced_batch"),
    )
    op.create_index("ix_unannounced_batch_company_id", "unannounced_batch", ["company_id"])
    op.create_table(
        "unannounced_batch_reader",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["unannounced_batch.id"], name="fk_unannounced_batch_reader_batch_id"
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_unannounced_batch_reader_account_id"
        ),
        sa.PrimaryKeyConstraint("batch_id", "account_id", name="pk_unannounced_batch_reader"),
    )
    op.create_table(
        "unannounced_batch_member",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["removal_request.id"], name="fk_unannounced_batch_member_request_id"
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["unannounced_batch.id"], name="fk_unannounced_batch_member_batch_id"
        ),
        sa.PrimaryKeyConstraint("batch_id", "request_id", name="pk_unannounced_batch_member"),
    )
    op.create_index(
        "ix_unannounced_batch_member_request_id", "unannounced_batch_member", ["request_id"]
    )


def downgrade():
    op.drop_table("unannounced_batch_member")
    op.drop_table("unannounced_batch_reader")
    op.drop_table("unannounced_batch")
