"""``python -m renderfit``: the same as the command ``renderfit``."""

from renderfit.cli import main

main()
