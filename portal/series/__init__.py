"""Regular consultations: a rule, and its occurrences as consultations for the next twelve months.

In: a rule with its anchor zone. Out: consultations, scheduled, moved or called off by rule.
"""
