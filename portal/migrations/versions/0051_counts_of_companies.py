"""counts of companies"""

import sqlalchemy as sa
from alembic import op

from portal.core.db import UTCDateTime

revision = "0051"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "company_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("filed_by_way", sa.String(length=40), nullable=False),
        sa.Column("filed_at", UTCDateTime(), nullable=False),
        sa.Column("filed_by", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.Column("is_listed", sa.Boolean(), nullable=False),
        sa.Column("compared_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name="fk_company_count_company_id"),
        sa.PrimaryKeyConstraint("id", name="pk_company_count"),
        sa.UniqueConstraint(
            "company_id", "month", "version", name="uq_company_count_company_id_month_version"
        ),
    )
    op.create_table(
        "company_count_line",
        sa.Column("count_id", sa.Integer(), nullable=False),
        sa.Column("request_no", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("delivered_at", UTCDateTime(), nullable=True),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("removed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["count_id"], ["company_count.id"], name="fk_company_count_line_count_id"
        ),
        sa.PrimaryKeyConstraint("count_id", "request_no", name="pk_company_count_line"),
    )
    op.create_table(
        "company_count_difference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("count_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("their_outcome", sa.String(length=40), nullable=True),
        sa.Column("our_outcome", sa.String(length=40), nullable=True),
        sa.Column("their_time", UTCDateTime(), nullable=True),
        sa.Column("our_time", UTCDateTime(), nullable=True),
        sa.Column("their_number", sa.Integer(), nullable=True),
        sa.Column("our_number", sa.Integer(), nullable=True),
        sa.Column("right", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("correction", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["count_id"], ["company_count.id"], name="fk_company_count_difference_count_id"
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_company_count_difference_company_id"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["removal_request.id"], name="fk_company_count_difference_request_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_company_count_difference"),
        sa.UniqueConstraint(
            "count_id", "kind", "about", name="uq_company_count_difference_count_id_kind_about"
        ),
    )
    op.create_index(
        "ix_company_count_difference_request_id", "company_count_difference", ["request_id"]
    )
    op.create_table(
        "company_count_closed",
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("closed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_company_count_closed_company_id"
        ),
        sa.PrimaryKeyConstraint("company_id", "month", name="pk_company_count_closed"),
    )
    # What was frozen before counts were known is closed as well.
    op.execute(
        "INSERT INTO company_count_closed (company_id, month, closed_at) "
        "SELECT company_id, month, min(frozen_at) FROM scorecard "
        "WHERE status IN ('frozen', 'published') AND frozen_at IS NOT NULL GROUP BY company_id, month"
    )


def downgrade():
    op.drop_table("company_count_closed")
    op.drop_index("ix_company_count_difference_request_id", "company_count_difference")
    op.drop_table("company_count_difference")
    op.drop_table("company_count_line")
    op.drop_table("company_count")
