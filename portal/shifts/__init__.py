"""The duty roster of the hotline: who is on, what is not covered, how many people it takes.

In: shifts by rule and by hand, hand-over notes. Out: gaps named in advance, alarms, plans.
"""
