"""Run the command line as ``python -m divergences``."""

from divergences._cli.main import main

raise SystemExit(main())
