"""What became of the requests over time, for one company and for all, counted when it is asked for.

In: removal requests, campaigns, published facts. Out: tables, charts and files; nothing is stored.
"""
