"""Migrations: the cost of the same text before and after a change of model, by language.

The saving is split into fewer tokens and a lower price. Their product is the factor by which the
text gets cheaper.
"""

from tokcompare.pricing.migration.compare import CostComparison as CostComparison
from tokcompare.pricing.migration.compare import compare_cost as compare_cost
