"""Outside yardsticks: other regulators' published rounds, measured by the method's own formulas.

In: a table of a published round. Out: each company's rates with intervals, verdicts and ranks.
"""
