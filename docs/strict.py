"""What must not be missing on a page: a name that prose refers to, the words for an image."""

from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

log = logging.getLogger(__name__)


def broken_reference(app: Sphinx, env: Any, node: addnodes.pending_xref, contnode: Any) -> None:
    """A warning, but for the types in a signature, many of which are NumPy's or Python's."""
    parent = node.parent
    while parent is not None:
        if isinstance(parent, addnodes.desc_signature):
            return
        parent = parent.parent
    log.warning("there is no %s", node["reftarget"], location=node)


def missing_alt(app: Sphinx, document: nodes.document) -> None:
    for image in document.findall(nodes.image):
        if "alt" not in image:  # that of a thumbnail is empty: its title stands beside it
            log.warning("the image %s has no alt text", image["uri"], location=image)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("missing-reference", broken_reference)
    app.connect("doctree-read", missing_alt)
    return {"parallel_read_safe": True}
