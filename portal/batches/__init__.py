"""Unannounced batches: requests marked before their issue, compared with the rest after the freeze.

In: drafts of one company. Out: R1 and R2 of the batch beside those of the rest, for named people first.
"""
