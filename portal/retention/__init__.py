"""Retention: what is erased after its time, and the rows that say so.

In: what other rooms can erase, and the administrator's days. Out: erased data, a chain of residues.
"""
