"""Who may open which door, by letter; see test_wall.py."""

ROUTES: dict[str, str] = {
    # accounts
    "accounts.log_in": "+",
    "accounts.set_language": "+",
    "accounts.accept_invitation": "+",
    "accounts.log_out": "*",
    "accounts.log_out_everywhere": "*",
    "accounts.show_self": "*",
    "accounts.change_password": "*",
    "accounts.index": "us",
    "accounts.invite": "s",
    "accounts.propose": "m",
    "accounts.deactivate": "s",
    "accounts.reactivate": "s",
    # institution
    "institution.index": "ohus",
    "institution.rename": "s",
    # companies
    "companies.index": "ohrmus",
    "companies.show": "ohrmus",
    "companies.add": "hs",
    "companies.edit": "hs",
    "companies.add_platform": "hs",
    "companies.add_representative": "ohms",
    "companies.confirm_representative": "m",
    "companies.end_representative": "ohms",
    "companies.add_senior": "ohms",
    # facts, documents
    "facts.index": "ohcpakus",
    "documents.index": "ohparku m".replace(" ", ""),
    "documents.download": "ohrmu",
    # desk
    "desk.show": "*",
    "desk.outbox": "us",
    "desk.audit_log": "u",
}
