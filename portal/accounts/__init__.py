"""Accounts: organisations, the people who log in for them, and their sessions.

In: invitations by an administrator. Out: an Actor for every request.
"""
