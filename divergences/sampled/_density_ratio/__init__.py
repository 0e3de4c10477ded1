"""KL, reverse KL and JS of two populations, estimated from samples by density ratios.

`divergences` has the public functions, `estimator` the steps: `atoms` separates repeated values,
which are counted (`counts`), from the continuous part, whose log density ratio is estimated by one
of the `methods`: `nearest_neighbours`, a `histogram`, or `models` on `features`, trained on other
folds (`cross_fit`) and combined by `stacking`. `functionals` defines KL and JS in terms of the
log-ratio, `estimation` computes their values and standard errors, `interval` the confidence
interval, and `notes` the remarks; `support_overlap` detects regions with one sample only.
"""

from divergences.sampled._density_ratio.divergences import js, kl, reverse_kl

__all__ = ["js", "kl", "reverse_kl"]
