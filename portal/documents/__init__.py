"""Documents: frozen content, printed once, stored with the SHA-256 of its PDF.

In: content from the rooms that print. Out: the same bytes for ever.
"""
