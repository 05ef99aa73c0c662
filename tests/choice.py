"""Which cases of a test run each time, and which among the long ones only."""

import pytest


def long(*values, **options):
    """Return a case that is run only where -m asks for long ones."""
    return pytest.param(*values, marks=pytest.mark.long, **options)


def each_time(chosen, cases):
    """Return all cases, those that are not chosen as long ones; a dict's are named by its keys."""
    names = list(cases)
    unknown = set(chosen) - set(names)
    assert not unknown, f"no such cases: {unknown}"
    values = cases if isinstance(cases, dict) else dict(zip(names, names, strict=True))
    ids = {name: {"id": name} if isinstance(name, str) else {} for name in names}
    return [
        pytest.param(values[name], **ids[name])
        if name in chosen
        else long(values[name], **ids[name])
        for name in names
    ]
