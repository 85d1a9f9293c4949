"""Proofs: everything that is known of a case, on paper.

In: records, letters, versions and the log, as far as the reader may know of them. Out: one PDF.
"""
