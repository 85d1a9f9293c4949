"""Minutes: the record both sides accept on one hash.

In: a held consultation and its agenda. Out: the adopted record, its PDF, its action items.
"""
