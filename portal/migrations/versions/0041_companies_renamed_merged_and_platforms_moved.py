"""names that companies had, companies that ran a platform before, and companies that ended"""

import sqlalchemy as sa
from alembic import op

revision = '0041'
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ended_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("successor_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            "fk_company_successor_id_company", "company", ["successor_id"], ["id"]
        )
    with op.batch_alter_table("platform", schema=None) as batch_op:
        batch_op.add_column(sa.Column("since_on", sa.Date(), nullable=True))
    op.create_table(
        "company_former_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("name_ko", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_company_former_name_company_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_company_former_name"),
        sa.UniqueConstraint(
            "company_id", "until_on", name="uq_company_former_name_company_id_until_on"
        ),
    )
    op.create_index("ix_company_former_name_company_id", "company_former_name", ["company_id"])
    op.create_table(
        "platform_former_owner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("since_on", sa.Date(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["platform.id"], name="fk_platform_former_owner_platform_id"
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["company.id"], name="fk_platform_former_owner_company_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_platform_former_owner"),
        sa.UniqueConstraint(
            "platform_id", "until_on", name="uq_platform_former_owner_platform_id_until_on"
        ),
    )
    op.create_index("ix_platform_former_owner_platform_id", "platform_former_owner", ["platform_id"])
    op.create_index("ix_platform_former_owner_company_id", "platform_former_owner", ["company_id"])


def downgrade():
    op.drop_table("platform_former_owner")
    op.drop_table("company_former_name")
    with op.batch_alter_table("platform", schema=None) as batch_op:
        batch_op.drop_column("since_on")
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.drop_constraint("fk_company_successor_id_company", type_="foreignkey")
        batch_op.drop_column("successor_id")
        batch_op.drop_column("ended_on")
