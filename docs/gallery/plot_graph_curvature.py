"""
Curvature of a graph
====================

The Ollivier-Ricci curvature of an edge is 1 minus the EMD between the neighborhoods of its ends,
per length: positive within communities, negative on the bridges between them.
"""

import matplotlib.pyplot as plt
import networkx as nx
import numpy as np

from divergences import graphs

club = nx.karate_club_graph()
prepared = graphs.prepare(club, weight=None)  # each edge has length 1

# %%
# Half of the mass of a node stays, the other half is spread over its neighbors. All edges are
# solved on the prepared graph in one call:

lazy_walk = (
    np.eye(len(club)) + nx.to_numpy_array(club, weight=None) / [[d] for _, d in club.degree]
) / 2
starts, ends = np.array(club.edges).T
curvature = 1 - graphs.emd(lazy_walk[starts], lazy_walk[ends], prepared)
print(f"from {curvature.min():.2f} to {curvature.max():.2f}")

figure, axis = plt.subplots(figsize=(7, 5), layout="constrained")
positions = nx.spring_layout(club, seed=3)
drawn = nx.draw_networkx_edges(
    club, positions, edge_color=curvature, edge_cmap=plt.cm.coolwarm, width=2.5, ax=axis
)
nx.draw_networkx_nodes(club, positions, node_size=90, node_color="0.3", ax=axis)
figure.colorbar(drawn, label="curvature")
axis.axis("off")
plt.show()
