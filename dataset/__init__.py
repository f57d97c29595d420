"""The data sets: each module has a `load_data`, which returns x and t, row by row a pair.

Arrays have the dtype `config.dtype` and are on the device that `config.GPU` says. Random numbers
come from a generator that the seed starts; NumPy's global random state is not touched.
"""

from dataset.hold_out import hold_out

__all__ = ["hold_out"]
