"""The API: companies' own systems read their requests and answer them, without a person.

In: a bearer token of one company. Out: JSON of that company's records, and the answers it enters.
"""
