"""`python -m rundiff`."""

import sys

from rundiff.cli import main

sys.exit(main())
