"""The types of tensors and arrays that networks compute with."""

from typing import Any, TypeAlias

# A tensor of whichever backend runs, symbolic while a program is traced: they share no class.
Tensor: TypeAlias = Any

# A layer or another operation of Keras, whose private names are read.
Operation: TypeAlias = Any
