"""Transport in exact integer arithmetic, for costs and masses of any range of floats."""

from divergences._transport.exact_arithmetic.cycles import without_cycles
from divergences._transport.exact_arithmetic.excess import ExactExcess, ExactSupply
from divergences._transport.exact_arithmetic.solver import ExactMasses, exact_transport

__all__ = ["ExactExcess", "ExactMasses", "ExactSupply", "exact_transport", "without_cycles"]
