"""Critics that are 1-Lipschitz for all parameters: a maximum of minima of cones and planes."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

NORM_MARGIN = 1e-6  # relative rounding error of a norm in float32
BLOCK_SIZE = 1024  # points at a time, so that values of pieces stay in the processor's cache


class Lattice(nn.Module):
    r"""Critic :math:`s \max_g \min_k \phi_{gk}(x)` of cones and planes.

    A cone is ``|x - a| + b``, a plane ``<w, x> + b`` with ``|w|`` at most 1. Each has slope at
    most 1, and so have their minima and maxima: the critic is 1-Lipschitz for all parameters, up
    to rounding. Only the active piece of a point has a gradient.

    Rounding can take another piece than the active one: near an apex, scores in float32 are off
    by about 1e-3 of the distance of points and apexes from the mean apex; in float64 by 1e-7.

    Attributes:
        centers: Apexes of the cones, shape ``(k, d)``.
        normals: Normals of the planes, shape ``(l, d)``; longer ones are divided by their norm.
        biases: Values b, those of the cones first, shape ``(k + l,)``.
        group_count: Number of groups, a divisor of k and of l: piece i is in group
            ``i % group_count``.
        sign: The factor s, 1 or -1.

    Source:
        Anil, Lucas and Grosse 2019, "Sorting out Lipschitz function approximation", section 4:
        such lattices approximate every 1-Lipschitz function.
    """

    def __init__(
        self,
        centers: Float[Tensor, " k d"],
        normals: Float[Tensor, " l d"],
        biases: Float[Tensor, " pieces"],
        *,
        group_count: int = 1,
        sign: int = 1,
    ) -> None:
        super().__init__()
        cone_count, plane_count = len(centers), len(normals)
        if group_count < 1 or cone_count % group_count or plane_count % group_count:
            raise ValueError(
                "`group_count` must divide the number of cones and that of planes, but is "
                f"{group_count}, for {cone_count} cones and {plane_count} planes"
            )
        if len(biases) != cone_count + plane_count:
            raise ValueError(
                f"`biases` must hold one value of each of {cone_count} cones and {plane_count} "
                f"planes, but holds {len(biases)}"
            )
        if sign not in (-1, 1):
            raise ValueError(f"`sign` must be 1 or -1, but is {sign}")
        self.centers = nn.Parameter(centers.clone())
        self.normals = nn.Parameter(normals.clone())
        self.biases = nn.Parameter(biases.clone())
        self.group_count = group_count
        self.sign = sign

    @classmethod
    def at_random(
        cls,
        rng: torch.Generator,
        points: Float[Tensor, " n *shape"],
        /,
        *,
        cone_count: int,
        plane_count: int,
        spread: float,
        group_count: int = 1,
        sign: int = 1,
    ) -> "Lattice":
        """The lattice of cones at points drawn from a sample, and planes of slope 1/2.

        Args:
            rng: Source of the points and of the normals.
            points: The sample.
            cone_count: Number of cones.
            plane_count: Number of planes.
            spread: Factor of the apexes' distances from the mean of the sample. In high dimension
                most cones at points themselves are never active.
            group_count: Number of groups, a divisor of the number of cones and planes.
            sign: Factor of the scores, 1 or -1.

        Returns:
            The lattice, its pieces of similar values near the mean, in float32 at least.
        """
        flat = points.flatten(start_dim=1)
        flat = flat.to(torch.promote_types(flat.dtype, torch.float32))
        mean = flat.mean(dim=0)
        choice = torch.randint(len(flat), (cone_count,), generator=rng, device=rng.device)
        centers = torch.lerp(mean, flat[choice], spread)
        directions = torch.randn(plane_count, flat.shape[1], generator=rng, device=rng.device)
        normals = nn.functional.normalize(directions, dim=1).to(flat) / 2
        radius = torch.linalg.vector_norm(flat - mean, dim=1).mean()
        biases = torch.cat([flat.new_zeros(cone_count), radius - normals @ mean])
        return cls(centers, normals, biases, group_count=group_count, sign=sign)

    @torch.no_grad()
    def reduced(self, points: Float[Tensor, " n *shape"], /, *, cone_count: int) -> "Lattice":
        """The lattice with at most so many cones: those that are active, and the first idle ones.

        Args:
            points: A sample; a cone is active if it has the value of the lattice at one of them,
                or if another cone of its position in another group is.
            cone_count: Largest number of cones, a multiple of the number of groups.

        Returns:
            The lattice, with all planes.
        """
        flat = points.flatten(start_dim=1).to(self.centers)
        active = self._active_pieces(flat, self._unit_normals())
        is_idle = torch.ones(len(self.biases), dtype=torch.bool, device=active.device)
        is_idle[active] = False
        cones = is_idle[: len(self.centers)].unflatten(0, (-1, self.group_count))
        order = cones.all(dim=1).int().argsort(stable=True)[: cone_count // self.group_count]
        kept = torch.arange(len(self.centers), device=active.device).view_as(cones)
        kept = kept[order.sort().values].flatten()
        biases, of_planes = self.biases.tensor_split([len(self.centers)])
        return Lattice(
            self.centers[kept],
            self.normals,
            torch.cat([biases[kept], of_planes]),
            group_count=self.group_count,
            sign=self.sign,
        )

    @torch.no_grad()
    def extended(self, apexes: Float[Tensor, " m *shape"], /, *, depth: float) -> "Lattice":
        """The lattice with further cones, which cut a little into it.

        Args:
            apexes: Apexes of the cones, a multiple of the number of groups; the cones join the
                groups in turn.
            depth: Height of a group at the apex of its new cone less that of the cone.

        Returns:
            The lattice.
        """
        flat = apexes.flatten(start_dim=1).to(self.centers)
        values = self._values(flat, self._unit_normals())
        groups = values.unflatten(1, (-1, self.group_count)).amin(dim=1)
        group = torch.arange(len(flat), device=flat.device) % self.group_count
        heights = groups.gather(1, group[:, None]).squeeze(1) - depth
        cones, planes = self.biases.tensor_split([len(self.centers)])
        return Lattice(
            torch.cat([self.centers, flat]),
            self.normals,
            torch.cat([cones, heights, planes]),
            group_count=self.group_count,
            sign=self.sign,
        )

    def forward(self, points: Float[Tensor, " n *shape"]) -> Float[Tensor, " n"]:
        """Scores, one per row of ``points``, in the unit of the points."""
        flat = points.flatten(start_dim=1).to(self.centers)
        normals = self._unit_normals()
        active = self._active_pieces(flat, normals)
        is_cone = active < len(self.centers)
        values = torch.empty_like(flat[:, 0])
        apexes = self.centers[active[is_cone]]
        values[is_cone] = torch.linalg.vector_norm(flat[is_cone] - apexes, dim=1)
        chosen = normals[active[~is_cone] - len(self.centers)]
        values[~is_cone] = (flat[~is_cone] * chosen).sum(dim=1)
        return self.sign * (values + self.biases[active])

    def _unit_normals(self) -> Tensor:
        """Normals of norm at most 1."""
        norms = torch.linalg.vector_norm(self.normals, dim=1, keepdim=True)
        return self.normals / (norms * (1 + NORM_MARGIN)).clamp_min(1)

    @torch.no_grad()
    def _active_pieces(self, flat: Tensor, normals: Tensor) -> Int[Tensor, " n"]:
        """Index of the piece that has the value of the lattice at each point."""
        blocks = flat.split(BLOCK_SIZE)
        return torch.cat([self._active_in_block(block, normals) for block in blocks])

    def _active_in_block(self, flat: Tensor, normals: Tensor) -> Int[Tensor, " n"]:
        """Index of the piece of each of a few points."""
        values = self._values(flat, normals)
        if self.group_count == 1:
            return values.argmin(dim=1)
        least, position = values.unflatten(1, (-1, self.group_count)).min(dim=1)
        group = least.argmax(dim=1, keepdim=True)
        return (position.gather(1, group) * self.group_count + group).squeeze(1)

    def _values(self, flat: Tensor, normals: Tensor) -> Float[Tensor, " n pieces"]:
        """Value of each piece at each point."""
        # Matrix products and operations in place: the distances to all cones are most of the cost.
        # Products of coordinates far from 0 lose the digits of distances: hence the origin.
        origin = self.centers.mean(dim=0)
        points, apexes = flat - origin, self.centers - origin
        norms = apexes.square().sum(dim=1)
        squares = torch.addmm(norms.expand(len(flat), -1), points, apexes.T, alpha=-2)
        squares += points.square().sum(dim=1, keepdim=True)
        values = torch.cat([squares.clamp_min_(0).sqrt_(), flat @ normals.T], dim=1)
        return values.add_(self.biases)
