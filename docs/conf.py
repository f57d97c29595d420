"""How Sphinx makes the site, for `python -m docs`. What is ours is in the modules beside it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import common
from docs import gallery
from docs.pages import CHAPTERS

project = "layer by layer"
copyright = "the authors of layer by layer"
version = release = common.__version__
language = "en"

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
    "myst_parser",
    "docs.copies",
    "docs.docstrings",
    "docs.exercise",
    "docs.gallery",
    "docs.names",
    "docs.layer",
    "docs.mathml",
    "docs.player",
    "docs.strict",
]
exclude_patterns = ["_build", "ch0?/README.rst"]
default_role = "name"
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
# Which names must be found, those in prose, docs.strict says.
needs_sphinx = "9"

smartquotes = False  # --gpu is no dash
highlight_language = "none"  # an indented block may be a formula; Python is marked

autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
autodoc_default_options = {"members": True, "undoc-members": False}
python_display_short_literal_types = True
add_module_names = False
toc_object_entries_show_parents = "hide"

sphinx_gallery_conf = {
    "examples_dirs": [f"../{chapter}" for chapter in CHAPTERS],
    "gallery_dirs": list(CHAPTERS),
    "filename_pattern": "",  # every page runs
    "ignore_pattern": gallery.no_pages(),
    "within_subsection_order": "docs.gallery.InReadingOrder",
    "image_scrapers": ["docs.gallery.scrape"],
    "reset_modules": ["docs.gallery.reset"],
    "reset_modules_order": "both",
    "capture_repr": (),  # what a page prints is what it says
    "abort_on_example_error": True,
    "doc_module": ("common",),
    "backreferences_dir": None,
    "reference_url": {"common": None},
    "show_signature": False,
    "write_computation_times": False,
    "min_reported_time": 10**9,  # a time is another one in each build
    "download_all_examples": False,
    "remove_config_comments": True,
    "copyfile_regex": r"",
    "first_notebook_cell": gallery.FIRST_CELL,
    "nested_sections": False,
}

html_theme = "pydata_sphinx_theme"
html_title = "layer by layer"
html_static_path = ["_static"]
html_css_files = ["site.css", "players.css"]
html_js_files = ["players.js", "print.js"]
html_context = {"default_mode": "auto"}  # light or dark, as the reader's system is
html_show_search_summary = False  # Sphinx would fetch it
html_math_renderer = "mathml"
# Where there are no sections to show, the text has the room.
html_sidebars: dict[str, list[str]] = {
    pages: [] for pages in ("from_*", "for_a_class", "layer_to_tape", "CHANGELOG", "benchmarks/**")
}
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "show_prev_next": True,
    # Code of a hundred columns needs the room; the reference needs the list.
    "secondary_sidebar_items": {
        pages: ["page-toc"]
        for pages in (
            "reference/**",
            "from_*",
            "for_a_class",
            "layer_to_tape",
            "index",
            "CHANGELOG",
        )
    },
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "header_links_before_dropdown": 4,
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "search_as_you_type": False,
}
