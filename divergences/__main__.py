"""``python -m divergences``: the command line."""

from divergences._cli.main import main

raise SystemExit(main())
