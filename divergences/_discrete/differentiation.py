"""Values with derivatives of their own in torch and jax.

Derivatives by the chain rule overflow or cancel in intermediate values where the derivative itself
is a float. So each divergence states its derivatives in closed form.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import array_api_compat

from divergences._typing import Array


@dataclass(frozen=True, slots=True)
class Differentiable:
    """A function of float64 arrays, and its partial derivatives.

    Attributes:
        value: The function; its result has the shape of the arrays without ``axes``.
        derivatives: Function of the value and the arrays that returns one derivative, in the shape
            of the array, for each of them.
        axes: Axes of the arrays that the value does not have.
    """

    value: Callable[..., Array]
    derivatives: Callable[..., tuple[Array, ...]]
    axes: tuple[int, ...] = (-1,)

    def __call__(self, xp: ModuleType, /, *arrays: Array) -> Array:
        """The value, which carries the derivatives in torch and jax."""
        if array_api_compat.is_torch_namespace(xp):
            return _torch_function().apply(self, xp, *arrays)
        if array_api_compat.is_jax_namespace(xp):
            return _jax_value(self, xp, arrays)
        return self.value(*arrays)

    def cotangents(
        self, xp: ModuleType, value: Array, cotangent: Array, arrays: tuple[Array, ...], /
    ) -> tuple[Array, ...]:
        """Derivatives times the derivative by the value, one for each array."""
        for axis in self.axes:
            cotangent = xp.expand_dims(cotangent, axis=axis)
        derivatives = self._derivatives(xp, value, arrays)
        return tuple(_product(d, cotangent, xp) for d in derivatives)

    def tangent(
        self,
        xp: ModuleType,
        value: Array,
        tangents: tuple[Array | None, ...],
        arrays: tuple[Array, ...],
        /,
    ) -> Array:
        """Derivative of the value in the direction of the tangents; None stands for 0."""
        total = xp.zeros_like(value)
        derivatives = self._derivatives(xp, value, arrays)
        for derivative, tangent in zip(derivatives, tangents, strict=True):
            if tangent is not None:
                # Linear in the tangent, as jax, which transposes it, demands.
                total = total + xp.sum(derivative * tangent, axis=self.axes)
        return total

    def _derivatives(
        self, xp: ModuleType, value: Array, arrays: tuple[Array, ...]
    ) -> tuple[Array, ...]:
        """The derivatives; NaN where the value is infinite and has none."""
        finite = xp.isfinite(value)
        for axis in self.axes:
            finite = xp.expand_dims(finite, axis=axis)
        derivatives = self.derivatives(value, *arrays)
        return tuple(xp.where(finite, d, xp.nan) for d in derivatives)


def _product(derivative: Array, factor: Any, xp: ModuleType) -> Array:
    """Product in which 0 times an infinite or missing derivative is 0: masked values stay out."""
    masked = (factor == 0) & ~xp.isfinite(derivative)
    return xp.where(masked, 0.0, derivative) * factor


@functools.cache
def _torch_function() -> Any:
    """The `torch.autograd.Function` of a `Differentiable`."""
    import torch

    class DifferentiableValue(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(function: Differentiable, _xp: ModuleType, *arrays: Any) -> Any:
            return function.value(*arrays)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            ctx.function, ctx.xp, *arrays = inputs
            ctx.save_for_backward(*arrays, output)
            ctx.save_for_forward(*arrays, output)

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> Any:
            *arrays, value = ctx.saved_tensors
            if torch.is_grad_enabled():  # a second derivative is asked for
                value = ctx.function(ctx.xp, *arrays)
            cotangents = ctx.function.cotangents(ctx.xp, value, cotangent, tuple(arrays))
            return None, None, *cotangents

        @staticmethod
        def jvp(ctx: Any, _function: None, _xp: None, *tangents: Any) -> Any:
            *arrays, value = ctx.saved_tensors
            return ctx.function.tangent(ctx.xp, value, tangents, tuple(arrays))

    return DifferentiableValue


def _jax_value(function: Differentiable, xp: ModuleType, arrays: tuple[Array, ...]) -> Array:
    """The value in jax, with its derivatives as a custom rule."""
    import jax

    value = jax.custom_jvp(function.value)

    @value.defjvp
    def _tangent(primals: Any, tangents: Any) -> Any:
        primal = value(*primals)
        return primal, function.tangent(xp, primal, tangents, primals)

    return value(*arrays)
