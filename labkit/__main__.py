"""`python -m labkit` is the command `labkit`, also where no script could be installed."""

import sys

from labkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
