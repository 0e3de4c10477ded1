"""Data sets: samplers, with exact densities where they are known."""

from gan.data.dataset import DataSet

__all__ = ["DataSet"]
