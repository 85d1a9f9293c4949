"""Actor: who acts, for which organisation, in which role."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from portal.core.i18n import THE_CLOCK


class Role(StrEnum):
    """The ten roles of the portal."""

    OFFICER = "officer"
    HEAD = "head"
    OPERATOR = "operator"
    POLICE = "police"
    AGENCY = "agency"
    REPRESENTATIVE = "representative"
    COMPANY_ADMIN = "company_admin"
    COMMISSIONER = "commissioner"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class OrganisationKind(StrEnum):
    """What an organisation is to the dialogue."""

    INSTITUTION = "institution"
    COMPANY = "company"
    POLICE = "police"
    AGENCY = "agency"


ROLES_OF = {
    OrganisationKind.INSTITUTION: (
        Role.OFFICER,
        Role.HEAD,
        Role.OPERATOR,
        Role.COMMISSIONER,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
    ),
    OrganisationKind.COMPANY: (Role.REPRESENTATIVE, Role.COMPANY_ADMIN),
    OrganisationKind.POLICE: (Role.POLICE,),
    OrganisationKind.AGENCY: (Role.AGENCY,),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """One person acting for one organisation. `desks` are an officer's companies; None is all."""

    account_id: int | None
    organisation_id: int | None
    kind: OrganisationKind | None
    role: Role | None
    name: str
    desks: frozenset[int] | None = field(default=None)

    @property
    def is_company(self) -> bool:
        """Whether this person speaks for a company."""
        return self.kind is OrganisationKind.COMPANY

    @property
    def side(self) -> str:
        """The side of the table: 'company' or 'institution' (whose guests sit with it)."""
        return "company" if self.is_company else "institution"


NOBODY = Actor(None, None, None, None, "nobody")
CLOCK = Actor(None, None, OrganisationKind.INSTITUTION, None, THE_CLOCK)
"""Jobs and commands act in this name; they run outside every request and so outside every scope."""
