"""A critic's gradient with respect to its points, written out: no backward through a backward."""

from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import conv_transpose2d

from gan.networks.fourier import FourierFeatures
from gan.networks.rescaling import Scale

Pull = Callable[[Tensor], Tensor]


def input_gradient(
    body: nn.Sequential, points: Float[Tensor, " n *shape"], /
) -> Float[Tensor, " n *shape"] | None:
    r"""Gradient of each point's score with respect to the point, differentiable in the weights.

    .. math:: \nabla f(x) = W_1^T M_1(x) W_2^T M_2(x) \cdots W_k^T

    M are the slopes of the activations at x, which do not change with the weights at almost every
    x: so one forward pass without a graph finds them, and what is differentiated afterwards is a
    product of weights. The gradients of a penalty are those that autograd finds by differentiating
    its own backward pass, in a fifth less time. Biases have no part in them.

    Args:
        body: Linear, Conv2d, ReLU, LeakyReLU, Flatten, Unflatten, Identity, `Scale` and
            `FourierFeatures` layers, in sequences that may be nested, these before any layer that
            learns; maps points to scores of shape ``(n, 1)`` or ``(n,)``.
        points: Where, shape ``(n, *shape)``; no gradient flows into them.

    Returns:
        As many gradients, in score per unit of length; None if the body holds another layer.

    Source:
        Gulrajani et al. 2017, eq. 3, needs it; Rumelhart, Hinton and Williams 1986 is the product.
    """
    layers = list(_flat(body))
    if not all(_is_known(layer) for layer in layers) or _bends_what_is_learned(layers):
        return None
    pulls, values = [], points.detach().clone()  # a layer may work in place
    with torch.no_grad():
        for layer in layers:
            pulls.append(_pull(layer, values))
            values = layer(values)
    gradient = torch.ones_like(values)
    for pull in reversed(pulls):
        gradient = pull(gradient)
    return gradient


def _flat(body: nn.Module) -> Iterator[nn.Module]:
    """The layers, in order, out of their sequences."""
    for layer in body.children():
        if type(layer) is nn.Sequential:
            yield from _flat(layer)
        else:
            yield layer


def _is_known(layer: nn.Module) -> bool:
    """Whether `_pull` has its transpose: of the exact class, with no hook that changes it."""
    if layer._forward_hooks or layer._forward_pre_hooks:
        return False
    if type(layer) is nn.Conv2d:
        return layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    return type(layer) in {
        nn.Linear,
        nn.ReLU,
        nn.LeakyReLU,
        nn.Flatten,
        nn.Unflatten,
        nn.Identity,
        FourierFeatures,
        Scale,
    }


def _bends_what_is_learned(layers: Sequence[nn.Module]) -> bool:
    """Whether the slopes of waves change with the weights of a layer before them."""
    learned = False
    for layer in layers:
        if learned and isinstance(layer, FourierFeatures):
            return True
        learned = learned or any(True for _ in layer.parameters())
    return False


def _pull(layer: nn.Module, values: Tensor) -> Pull:
    """From a gradient with respect to the layer's output to that with respect to its input."""
    if isinstance(layer, nn.Linear):
        return lambda gradient: gradient @ layer.weight
    if isinstance(layer, nn.Conv2d):
        return _convolution_pull(layer, values)
    if isinstance(layer, nn.ReLU):
        return lambda gradient: torch.ops.aten.threshold_backward(gradient, values, 0)
    if isinstance(layer, nn.LeakyReLU):
        below = layer.negative_slope
        return lambda gradient: torch.ops.aten.leaky_relu_backward(gradient, values, below, False)
    if isinstance(layer, Scale):
        return lambda gradient: gradient * layer.factor
    if isinstance(layer, FourierFeatures):
        return _fourier_pull(layer, values)
    if isinstance(layer, nn.Identity):
        return lambda gradient: gradient
    shape = values.shape
    return lambda gradient: gradient.reshape(shape)


def _convolution_pull(layer: nn.Conv2d, values: Tensor) -> Pull:
    """The transposed convolution; rows that no window reached have gradient 0."""
    stride, dilation = layer.stride, layer.dilation
    padding = [0 if isinstance(edge, str) else edge for edge in layer.padding]  # none is
    rest = [
        (size + 2 * p - d * (k - 1) - 1) % s
        for size, p, d, k, s in zip(
            values.shape[2:], padding, dilation, layer.kernel_size, stride, strict=True
        )
    ]

    def pull(gradient: Tensor) -> Tensor:
        return conv_transpose2d(
            gradient, layer.weight, None, stride, padding, rest, layer.groups, dilation
        )

    return pull


def _fourier_pull(layer: FourierFeatures, values: Tensor) -> Pull:
    """What the point itself, its sines and its cosines add."""
    d, n = layer.waves.shape
    phases = layer.phases(values)
    sines, cosines = phases.sin(), phases.cos()

    def pull(gradient: Tensor) -> Tensor:
        own, of_sines, of_cosines = gradient.to(layer.waves.dtype).split([d, n, n], dim=1)
        with torch.autocast(gradient.device.type, enabled=False):
            return own + (of_sines * cosines - of_cosines * sines) @ layer.waves.T

    return pull
