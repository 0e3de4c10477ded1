"""How good generated points are, by what is known about the data."""
