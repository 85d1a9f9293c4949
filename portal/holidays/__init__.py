"""Public holidays of every country at the table: those of the library and those of our own table.

In: days an administrator names. Out: names of holidays by day, and days on which nobody works.
"""
