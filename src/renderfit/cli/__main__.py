"""``python -m renderfit.cli``: the command line without its script."""

from renderfit.cli import main

main()
