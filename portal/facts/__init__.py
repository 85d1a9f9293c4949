"""Published national figures with their sources, shown beside ours and never mixed in.

In: a table of published facts. Out: rows and series for pages and reports.
"""
