"""`python -m minipaas` is the `minipaas` command."""

from minipaas.cli.main import main

main()
