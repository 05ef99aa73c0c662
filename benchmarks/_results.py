"""What was measured, what it comes to, and what it was to come to."""

import operator
import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Measurement = dict[str, float]
Averaging = Callable[[list[float]], float]

# The seconds of one fit, and the accuracy on the test images: the two that most figures need.
SECONDS, ACCURACY = "seconds", "accuracy_percent"


@dataclass
class Results:
    """All single measurements of one benchmark.

    Parameters
    ----------
    measurements : dict of list of dict
        For each case one dict a repeat: quantity to number.
    absent : dict of str
        Cases that were not measured, and why.
    """

    measurements: dict[str, list[Measurement]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def values(self, case: str, quantity: str = SECONDS) -> list[float]:
        """Return what each repeat measured; nothing where it did not measure this."""
        repeats = self.measurements.get(case, [])
        return [repeat[quantity] for repeat in repeats if quantity in repeat]

    def quantities(self) -> list[str]:
        """Return all that any case measured, in order of appearance."""
        repeats = (repeat for runs in self.measurements.values() for repeat in runs)
        return list(dict.fromkeys(quantity for repeat in repeats for quantity in repeat))

    def median(self, case: str, quantity: str = SECONDS) -> float | None:
        """Return the median over the repeats, None where nothing was measured."""
        return self._averaged(case, quantity, statistics.median)

    def mean(self, case: str, quantity: str = SECONDS) -> float | None:
        """Return the mean over the repeats, None where nothing was measured."""
        return self._averaged(case, quantity, statistics.fmean)

    def ratio(self, over: str, under: str, quantity: str = SECONDS) -> float | None:
        """Return how many times the median of one case is that of another."""
        medians = self.median(over, quantity), self.median(under, quantity)
        return combined(operator.truediv, *medians)

    def lead(self, ahead: str, behind: str, quantity: str = ACCURACY) -> float | None:
        """Return how much the mean of one case is above that of another."""
        return combined(operator.sub, self.mean(ahead, quantity), self.mean(behind, quantity))

    def summary(self) -> dict[str, dict[str, Measurement]]:
        """Return for each case and quantity its median, mean and spread."""
        return {
            case: {
                quantity: _spread(values)
                for quantity in self.quantities()
                if (values := self.values(case, quantity))
            }
            for case in self.measurements
        }

    def _averaged(self, case: str, quantity: str, average: Averaging) -> float | None:
        values = self.values(case, quantity)
        return average(values) if values else None


@dataclass(frozen=True)
class Figure:
    """One number that a benchmark is run for.

    Parameters
    ----------
    what : str
        What it is a number of.
    value : float or None
        The number; None where a case or MNIST is absent.
    unit : str, default="x"
        Its unit; ``"x"`` for ratios.
    at_least, at_most : float or None, default=None
        The bar, if there is one.
    """

    what: str
    value: float | None
    unit: str = "x"
    at_least: float | None = None
    at_most: float | None = None

    @property
    def bar(self) -> str:
        """The bar in words."""
        bounds = {">=": self.at_least, "<=": self.at_most}
        stated = [f"{sign} {bound:g}" for sign, bound in bounds.items() if bound is not None]
        return " and ".join(stated)

    @property
    def is_met(self) -> bool | None:
        """Whether the value is within the bar; None without a value or a bar."""
        if self.value is None or not self.bar:
            return None
        low = float("-inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return low <= self.value <= high

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {**vars(self), "bar": self.bar, "is_met": self.is_met}


def combined(operation: Callable[..., float], *values: float | None) -> float | None:
    """Apply an operation to numbers, if all of them are there."""
    return None if None in values else float(operation(*values))


def _spread(values: list[float]) -> Measurement:
    return {
        "median": statistics.median(values),
        "mean": statistics.fmean(values),
        "lowest": min(values),
        "highest": max(values),
        "standard_deviation": statistics.stdev(values) if len(values) > 1 else 0.0,
        "n": len(values),
    }
