"""Configuration of the documentation; ``make docs`` builds it."""

import sys
from importlib import metadata
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "_ext"))
sys.path.insert(0, str(DOCS.parent))  # benchmarks, which no wheel has

from measured import numbers  # noqa: E402  # after the path is set

project = "divergences"
author = "The divergences authors"
project_copyright = "The divergences authors"
release = metadata.version("divergences")
version = release

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "command_reference",
    "cross_references",
    "diagnostics",
    "public_names",
]
exclude_patterns = ["_build", "gallery", "**/GALLERY_HEADER.rst"]
suppress_warnings = ["config.cache"]  # sphinx_gallery_conf holds functions
nitpicky = True
# Names in single backticks are often arguments; types of other packages have no page here.
nitpick_ignore_regex = [("py:obj", ".*"), ("py:class", ".*"), ("py:exc", ".*")]

# Docstrings
default_role = "py:obj"
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = ["Source"]

# Pages
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = numbers()

# Gallery
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "auto_gallery",
    "filename_pattern": "/plot_",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 3,
    "remove_config_comments": True,
    "within_subsection_order": "FileNameSortKey",
    "write_computation_times": False,
    "reference_url": {"divergences": None, "gan": None},  # links from code to this site
    "matplotlib_animations": False,
}

# HTML
html_theme = "furo"
html_title = f"divergences {release}"
html_static_path = ["_static"]
html_css_files = ["divergences.css"]
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
