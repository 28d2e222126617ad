"""The tests of this room share the small world of two hosts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
