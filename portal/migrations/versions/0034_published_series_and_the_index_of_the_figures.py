"""published series and the index of the figures"""

import sqlalchemy as sa
from alembic import op


revision = '0034'
down_revision = '0031'
branch_labels = None
depends_on = None

FIGURES = [
    "company_id", "month", "measure_type", "legal_ground", "surface", "platform_id",
    "delivered_at", "answered_at", "decided_at", "outcome", "removed_at", "verified_at",
    "verification", "recheck", "reappeared_at", "exclusion", "excluded_by", "issued_at",
    "recorded_at", "intake_id",
]
AGAIN = sa.text("previous_id IS NOT NULL")
OF_FEW = {
    "ix_removal_request_again": (["company_id", "month", "previous_id"], AGAIN),
    "ix_removal_request_previous": (["previous_id"], AGAIN),
    "ix_removal_request_left_out": (["company_id", "month", "exclusion"],
                                    sa.text("exclusion IS NOT NULL")),
}


def upgrade():
    op.add_column('published_fact', sa.Column('series', sa.String(length=40), nullable=True))
    op.add_column('published_fact', sa.Column('starts_on', sa.Date(), nullable=True))
    op.add_column('published_fact', sa.Column('ends_on', sa.Date(), nullable=True))
    op.add_column('published_fact', sa.Column('amount', sa.Integer(), nullable=True))
    op.create_index('ix_removal_request_figures', 'removal_request', FIGURES)
    op.create_index('ix_removal_request_delivered', 'removal_request', ['delivered_at', 'id'])
    for name, (columns, where) in OF_FEW.items():
        op.create_index(name, 'removal_request', columns, sqlite_where=where, postgresql_where=where)
    # The index of the figures begins with the same two columns.
    op.drop_index('ix_removal_request_company_month', table_name='removal_request')


def downgrade():
    op.create_index('ix_removal_request_company_month', 'removal_request', ['company_id', 'month'])
    for name, (_columns, where) in OF_FEW.items():
        op.drop_index(name, table_name='removal_request', sqlite_where=where, postgresql_where=where)
    op.drop_index('ix_removal_request_delivered', table_name='removal_request')
    op.drop_index('ix_removal_request_figures', table_name='removal_request')
    with op.batch_alter_table('published_fact') as batch_op:
        for column in ('amount', 'ends_on', 'starts_on', 'series'):
            batch_op.drop_column(column)
