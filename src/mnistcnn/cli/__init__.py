"""The command line: arguments, progress and printing; the library does the computing.

Its modules import nothing heavier than click, so that ``--help`` and usage errors answer at once.
"""

from mnistcnn.cli._main import main

__all__ = ["main"]
