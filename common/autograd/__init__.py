"""Tensors that record how they were made, so that gradients find their way back."""

from common.autograd.tensor import Parameter, Tensor, concatenate, maximum, no_grad, where

__all__ = ["Parameter", "Tensor", "concatenate", "maximum", "no_grad", "where"]
