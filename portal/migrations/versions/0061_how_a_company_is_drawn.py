"""every company keeps one look in all charts"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0059"
branch_labels = None
depends_on = None

PLACES = 24


def upgrade():
    op.add_column("company", sa.Column("look", sa.Integer(), server_default="0", nullable=False))
    company = sa.table("company", sa.column("id"), sa.column("slug"), sa.column("look"))
    taken = set()
    # The same places as new companies get, in the order in which these came.
    for row in op.get_bind().execute(sa.select(company.c.id, company.c.slug).order_by(company.c.id)):
        first = int.from_bytes(hashlib.sha256(row.slug.encode()).digest()[:4], "big") % PLACES
        order = [(first + step) % PLACES for step in range(PLACES)]
        place = next((one for one in order if one not in taken), first)
        taken.add(place)
        op.execute(company.update().where(company.c.id == row.id).values(look=place))


def downgrade():
    op.drop_column("company", "look")
