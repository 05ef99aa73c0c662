"""Constraints for the parameters of architectures, in scikit-learn's form."""

from numbers import Integral, Real

from mnistcnn._scikit_learn import Interval, StrOptions

COUNT = Interval(Integral, 1, None, closed="left")
FRACTION = Interval(Real, 0, 1, closed="left")
PADDING = StrOptions({"auto", "valid", "same"})


class EachCount(Interval):  # type: ignore[misc]
    """A tuple or list of positive integers.

    It derives from `Interval` because scikit-learn's validation takes no constraint of another
    kind.

    Parameters
    ----------
    length : int, default=None
        The required number; None allows one or more.
    """

    def __init__(self, length: int | None = None):
        super().__init__(Integral, 1, None, closed="left")
        self.length = length

    def is_satisfied_by(self, val: object) -> bool:
        """Return whether `val` has the right length and holds positive integers only."""
        if not isinstance(val, tuple | list) or len(val) != (self.length or max(1, len(val))):
            return False
        return all(super(EachCount, self).is_satisfied_by(number) for number in val)

    def __str__(self) -> str:
        return f"a tuple of {self.length or 'one or more'} numbers, each {super().__str__()}"
