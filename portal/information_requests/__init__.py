"""Information requests of the police, with deadlines in Korean working days.

In: the police liaison. Out: answered, partly, refused or unanswered, by company and month.
"""
