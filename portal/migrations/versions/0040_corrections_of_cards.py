"""corrections that a company asks for, its words on measures, and what a later version changes"""

import sqlalchemy as sa
from alembic import op

import portal.core.db

revision = '0040'
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('scorecard', schema=None) as batch_op:
        batch_op.add_column(sa.Column('remarks', sa.JSON(), server_default='{}', nullable=False))
        batch_op.add_column(sa.Column('correction_reason', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('changes', sa.JSON(), server_default='[]', nullable=False))
    op.create_table(
        'scorecard_correction',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('scorecard_id', sa.Integer(), nullable=False),
        sa.Column('company_id', sa.Integer(), nullable=False),
        sa.Column('measure', sa.String(length=2), nullable=False),
        sa.Column('case_no', sa.String(length=60), nullable=False),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('status', sa.String(length=40), nullable=False),
        sa.Column('asked_at', portal.core.db.UTCDateTime(timezone=True), nullable=False),
        sa.Column('asked_by', sa.String(length=120), nullable=False),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('decided_at', portal.core.db.UTCDateTime(timezone=True), nullable=True),
        sa.Column('decided_by', sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(['company_id'], ['company.id'], name=op.f('fk_scorecard_correction_company_id')),
        sa.ForeignKeyConstraint(['scorecard_id'], ['scorecard.id'], name=op.f('fk_scorecard_correction_scorecard_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_scorecard_correction')),
    )
    op.create_index(op.f('ix_scorecard_correction_scorecard_id'), 'scorecard_correction', ['scorecard_id'])


def downgrade():
    op.drop_table('scorecard_correction')
    with op.batch_alter_table('scorecard', schema=None) as batch_op:
        batch_op.drop_column('changes')
        batch_op.drop_column('correction_reason')
        batch_op.drop_column('remarks')
