"""Layers, right and broken, by people who did not know the rules of the gradient check.

Each function without an argument gives a layer and its inputs; of a broken layer its docstring says
what is wrong.
"""
