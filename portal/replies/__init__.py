"""Replies: what calendar programs answer to invitations, read back from a mailbox.

In: mail. Out: an answer of a known delegate, a proposed time, or a question for an officer.
"""
