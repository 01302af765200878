"""The command line: every module of this package (but ``output``) is one command.

A command module ``shape_space.py`` defines a function ``command`` with typer annotations and becomes
``renderfit shape-space``; a module that defines ``app`` (a `typer.Typer`) becomes a group of
sub-commands. Modules are imported when their command is called, so that ``renderfit --help`` and a
mistyped option answer at once; heavy imports belong inside the function.

Exit status: 0 done, 1 the work failed, 2 bad input (see `renderfit.cli.output.run`).
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import typer
from typer.core import TyperGroup

from renderfit import collector
from renderfit.cli import output


def command_names() -> list[str]:
    """Return the names of all commands, in alphabetical order."""
    return sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(__path__) if found.name not in ("output", "__main__"))


class LazyGroup(TyperGroup):
    """A group whose commands are modules, imported on first use."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer passes it
        """Return the command names without importing anything."""
        return command_names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - typer passes it
        """Import and return one command; None if there is none of that name."""
        if cmd_name not in command_names():
            return None
        module = importlib.import_module(f"renderfit.cli.{cmd_name.replace('-', '_')}")
        app: typer.Typer | None = getattr(module, "app", None)
        if app is None:
            app = typer.Typer(add_completion=False, rich_markup_mode=None)
            app.command(cmd_name)(module.command)
        found = typer.main.get_command(app)
        found.name = cmd_name
        return found


application = typer.Typer(
    cls=LazyGroup,
    add_completion=False,
    rich_markup_mode=None,  # with markup, units in square brackets vanish from the help
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Single-view 3D deformable registration by differentiable rendering.",
)


def _say_version(wanted: bool) -> None:
    if wanted:
        from renderfit.provenance import version_line

        typer.echo(version_line())
        raise typer.Exit


@application.callback()
def _root(
    verbose: bool = typer.Option(False, "--verbose", "-v", help="log more to stderr"),
    version: bool = typer.Option(False, "--version", callback=_say_version, is_eager=True, help="version and commit"),  # noqa: ARG001
) -> None:
    output.configure_logging(verbose)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its status."""
    collector.relax()
    output.run(application, arguments)
