"""What `scripts/train_pretrained.py` is made of."""

import sys
from pathlib import Path

# Strokes are thinned as in the benchmarks.
sys.path.append(str(Path(__file__).parents[2]))
