"""Chapter 2, "Learning PyTorch with Examples" without PyTorch: one script a section."""
