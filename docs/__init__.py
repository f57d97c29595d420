"""The site, made from the running pages: `python -m docs` builds it."""
