# What the room offers, each name from its module; `__init__.py` takes them from here.
from ._classifier_input import input_for as input_for
from ._classifier_input import leading_normalizer as leading_normalizer
from ._classifier_input import normalized_input_for as normalized_input_for
from ._components import bounding_box as bounding_box
from ._digit_likeness import are_apart as are_apart
from ._digit_likeness import may_be_a_digit as may_be_a_digit
from ._digit_normalizer import DigitNormalizer as DigitNormalizer
from ._digit_normalizer import as_images as as_images
from ._digit_normalizer import in_normal_form as in_normal_form
from ._emnist_form import to_emnist_form as to_emnist_form
from ._mnist_form import to_mnist_form as to_mnist_form
from ._normalization import normalized as normalized
from ._sheets import FoundDigit as FoundDigit
from ._sheets import find_digits as find_digits
