"""KL, reverse KL and JS of two populations, estimated from samples.

`divergences` has the public functions, which put a `question` about two `samples`. Points are
first divided into `atoms`, values that are taken again and again, which are counted (`counts`),
and the rest, at which the log density ratio is estimated by one of the `methods`: from
`neighbours`, from cells of a `histogram`, or by models of `families` on `features`, fitted to
points that they are not asked about (`cross_fit`) and combined by what they are worth there
(`stack`). `functionals` says what KL and JS are in terms of the log-ratio, `estimation` puts all
of it together with a standard error, and `interval` says how far it may be off.
"""

from divergences.sampled._density_ratio.divergences import js, kl, reverse_kl

__all__ = ["js", "kl", "reverse_kl"]
