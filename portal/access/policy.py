"""The one table of authorization: which role holds which permission.

Scope (portal.access.scope) has already hidden what does not concern the person; this table says
what a role may do with what is left. Rules that hang on the state of a record live in its model.
"""

from __future__ import annotations

from portal.access.actor import Role
from portal.access.permissions import Permission as P

officer, head, operator, police, agency = (
    Role.OFFICER,
    Role.HEAD,
    Role.OPERATOR,
    Role.POLICE,
    Role.AGENCY,
)
representative, company_admin = Role.REPRESENTATIVE, Role.COMPANY_ADMIN
commissioner, auditor, administrator = Role.COMMISSIONER, Role.AUDITOR, Role.ADMINISTRATOR

CASEWORK = {officer, head}
COMPANY = {representative, company_admin}
EVERYONE = set(Role)

POLICY: dict[P, set[Role]] = {
    P.SIGNED_IN: EVERYONE,
    P.ACCOUNTS_READ: {administrator, auditor},
    P.ACCOUNTS_INVITE: {administrator},
    P.ACCOUNTS_DEACTIVATE: {administrator},
    P.ACCOUNTS_PROPOSE: {company_admin},
    P.INSTITUTION_READ: {administrator, auditor, head, officer},
    P.INSTITUTION_EDIT: {administrator},
    P.INSTITUTION_CHOOSE_REMINDERS: {administrator, head},
    P.HOLIDAYS_READ: CASEWORK | {police, auditor, administrator},
    P.HOLIDAYS_EDIT: {administrator},
    P.CAMPAIGNS_READ: CASEWORK | COMPANY | {police, auditor, administrator},
    P.CAMPAIGNS_EDIT: {administrator},
    P.COMPANIES_READ: CASEWORK | COMPANY | {auditor, administrator},
    P.COMPANIES_EDIT: {administrator, head},
    P.COMPANIES_CHOOSE_REMINDERS: {administrator, company_admin},
    P.REPRESENTATIVES_EDIT: {officer, head, administrator, company_admin},
    P.REPRESENTATIVES_CONFIRM: {company_admin},
    P.FACTS_READ: EVERYONE - COMPANY,
    P.DOCUMENTS_READ: EVERYONE - {operator, administrator},
    P.INTAKE_READ: {operator, head, auditor},
    P.INTAKE_RECORD: {operator},
    P.INTAKE_TAKE_UP: {operator},
    P.INTAKE_HAND_OVER: {operator},
    P.SHIFTS_READ: {operator, head, auditor},
    P.SHIFTS_EDIT: {head},
    P.SHIFTS_NOTE: {operator},
    P.SHIFTS_PLAN: {head, auditor, commissioner},
    P.SHIFTS_READ_TERMS: {head, auditor, administrator},
    P.SHIFTS_SET_TERMS: {head, administrator},
    P.REMOVAL_REQUESTS_READ: CASEWORK | COMPANY | {auditor},
    P.REMOVAL_REQUESTS_RECORD: CASEWORK,
    P.REMOVAL_REQUESTS_ISSUE: CASEWORK,
    P.REMOVAL_REQUESTS_ANSWER: COMPANY,
    P.REMOVAL_REQUESTS_VERIFY: CASEWORK,
    P.REMOVAL_REQUESTS_REVEAL: CASEWORK | COMPANY,
    P.REMOVAL_REQUESTS_WITHDRAW: CASEWORK,
    P.REMOVAL_REQUESTS_EXTEND: CASEWORK,
    P.REMOVAL_REQUESTS_CORRECT_TIME: CASEWORK,
    P.REMOVAL_REQUESTS_DISPUTE: COMPANY,
    P.REMOVAL_REQUESTS_DECIDE_DISPUTE: CASEWORK,
    P.REMOVAL_REQUESTS_KEEP_VIEW: CASEWORK | COMPANY,
    P.REMOVAL_REQUESTS_IMPORT: CASEWORK,
    P.REMOVAL_REQUESTS_EXPORT: CASEWORK | COMPANY | {auditor},
    P.INFORMATION_REQUESTS_READ: CASEWORK | COMPANY | {police, auditor},
    P.INFORMATION_REQUESTS_FILE: {police},
    P.INFORMATION_REQUESTS_ANSWER: COMPANY,
    P.INFORMATION_REQUESTS_ASK_EXTENSION: COMPANY,
    P.INFORMATION_REQUESTS_DECIDE_EXTENSION: {police},
    P.CONSULTATIONS_READ: CASEWORK | COMPANY | {police, agency, auditor},
    P.CONSULTATIONS_SCHEDULE: CASEWORK,
    P.CONSULTATIONS_CONDUCT: CASEWORK,
    P.CONSULTATIONS_RESPOND: CASEWORK | COMPANY | {police, agency},
    P.SLOTS_PROPOSE: COMPANY,
    P.REPLIES_READ: CASEWORK | {auditor},
    P.REPLIES_SETTLE: CASEWORK,
    P.FEEDS_KEEP: CASEWORK | COMPANY | {police, agency, auditor},
    P.DUTIES_READ: CASEWORK | {auditor, administrator},
    P.DUTIES_EDIT: {administrator},
    P.AGENDAS_PROPOSE: CASEWORK | COMPANY,
    P.AGENDAS_DECIDE: CASEWORK | COMPANY,
    P.AGENDAS_PUBLISH: CASEWORK,
    P.AGENDAS_PREPARE: CASEWORK | COMPANY,
    P.MINUTES_READ: CASEWORK | COMPANY | {police, agency, commissioner, auditor},
    P.BINDER_READ: CASEWORK | COMPANY | {commissioner, auditor},
    P.MINUTES_DRAFT: CASEWORK,
    P.MINUTES_RELEASE: {head},
    P.MINUTES_ANSWER: COMPANY,
    P.MINUTES_RECONCILE: CASEWORK,
    P.MINUTES_ACCEPT: CASEWORK | COMPANY,
    P.ERRATA_READ: CASEWORK | COMPANY | {auditor},
    P.ERRATA_PROPOSE: CASEWORK | COMPANY,
    P.ERRATA_RELEASE: {head},
    P.ERRATA_ACCEPT: CASEWORK | COMPANY,
    P.PROOFS_READ: CASEWORK | COMPANY | {auditor},
    P.PUBLICATIONS_READ: CASEWORK | COMPANY | {commissioner, auditor},
    P.PUBLICATIONS_EMBARGO: {head},
    P.PUBLICATIONS_PREPARE: CASEWORK,
    P.PUBLICATIONS_RELEASE: {head},
    P.PUBLICATIONS_COUNTERSIGN: COMPANY,
    P.ACTIONS_READ: CASEWORK | COMPANY | {auditor},
    P.ACTIONS_RECORD: CASEWORK,
    P.ACTIONS_REPORT: CASEWORK | COMPANY,
    P.ACTIONS_VERIFY: CASEWORK | COMPANY,
    P.METHODOLOGY_READ: EVERYONE,
    P.METHODOLOGY_REVIEW: {officer, head, commissioner, auditor, administrator},
    P.METHODOLOGY_DRAFT: {administrator, head},
    P.METHODOLOGY_APPROVE: {administrator, head},
    P.SCORECARDS_READ: CASEWORK | COMPANY | {commissioner, auditor},
    P.SCORECARDS_COMPUTE: CASEWORK,
    P.SCORECARDS_LIVE: CASEWORK | {auditor},
    P.SCORECARDS_SEND: {head},
    P.SCORECARDS_COMMENT: COMPANY,
    P.SCORECARDS_FREEZE: {head},
    P.SCORECARDS_PUBLISH: {head},
    P.FIGURES_READ: CASEWORK | COMPANY | {commissioner, auditor},
    P.WHAT_IF_READ: {officer, head, commissioner, auditor},
    P.REPORTS_READ: {officer, head, commissioner, auditor},
    P.REPORTS_MAKE: {head},
    P.REPORTS_RELEASE: {head},
    P.OUTBOX_READ: CASEWORK | COMPANY | {administrator, auditor},
    P.AUDIT_READ: {auditor},
    P.RETENTION_READ: {administrator, auditor, head},
    P.RETENTION_SET: {administrator},
    P.WEBHOOKS_READ: CASEWORK | {company_admin, auditor, administrator},
    P.WEBHOOKS_EDIT: {company_admin},
    P.TOKENS_READ: CASEWORK | {company_admin, auditor, administrator},
    P.TOKENS_EDIT: {company_admin},
    # Held by a token, never by who is logged in: see portal/api/door.py.
    P.API_READ: set(),
    P.API_ANSWER: set(),
}


def allows(role: Role | None, permission: P) -> bool:
    """Whether a role holds a permission. Nobody holds none but the public one."""
    return permission is P.PUBLIC or (role is not None and role in POLICY[permission])
