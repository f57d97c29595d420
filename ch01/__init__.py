"""Chapter 1, a review of neural networks: one script a section, each a page that runs."""
