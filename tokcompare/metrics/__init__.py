"""Metrics: pure functions from counts to numbers, under the names that the literature uses.

Each is one decorated function in a module of this room; all can be imported from here. A value is
`nan` if it cannot be divided, if its quantities were not counted, or if the encoding lost text.
"""

from typing import TYPE_CHECKING

# The order of these modules is the order of `METRICS`.
from tokcompare.metrics import ratios, fairness, vocabulary  # isort: skip # noqa: F401
from tokcompare.metrics.metric import METRICS as METRICS
from tokcompare.metrics.metric import Metric as Metric
from tokcompare.metrics.metric import needed_quantities as needed_quantities

if TYPE_CHECKING:
    from tokcompare.metrics.fairness import *  # noqa: F403
    from tokcompare.metrics.ratios import *  # noqa: F403
    from tokcompare.metrics.vocabulary import *  # noqa: F403

globals().update({name: metric.function for name, metric in METRICS.items()})

DEFAULT_METRICS = ("compression_ratio", "tokens_saved")
"""The metrics of a comparison that names none."""
