"""Errors as one line: no command ends in a traceback unless somebody asked for it with ``--debug``."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from underdrawing.errors import UnderdrawingError

__all__ = ["FAILURE", "Guarded", "exit_code_of", "one_line", "printable", "say"]

FAILURE = 3


class Guarded(TyperGroup):
    """A group of commands that turns every error into one line on stderr and the right exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error becomes its line, and the trace too where ``--debug`` asked for it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Whoever read our output has left; Python would complain again when it closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(FAILURE) from None
        except (KeyboardInterrupt, typer.Abort):  # the second where a question was being asked
            say(f"interrupted; run the same command {self._again(ctx)}to go on")
            raise typer.Exit(FAILURE) from None
        except Exception as error:
            if _is_control_flow(error):
                raise
            if ctx.params.get("debug"):
                traceback.print_exc()
            say(one_line(error))
            raise typer.Exit(exit_code_of(error)) from None

    def _again(self, ctx: Any) -> str:
        """Return the option that goes on where a command stopped, if it takes one."""
        command = self.commands.get(ctx.invoked_subcommand or "")
        taken = command is not None and any(parameter.name == "resume" for parameter in command.params)
        return "with --resume " if taken else "again "


def _is_control_flow(error: Exception) -> bool:
    """Whether the command-line library raised this to end or to explain usage; newer versions carry their own click."""
    return type(error).__module__.partition(".")[0] in ("click", "typer")


def exit_code_of(error: BaseException) -> int:
    """Return what the command line exits with for an error: 2 for a wrong request, 3 for work that failed."""
    return error.exit_code if isinstance(error, UnderdrawingError) else FAILURE


def one_line(error: BaseException) -> str:
    """Return an error as one line: the message of ours, and the kind as well for one that nobody expected."""
    text = " ".join(str(error).split())
    if isinstance(error, UnderdrawingError):
        return text or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return f"unexpected {type(error).__name__}: {text or 'no message'} (run with --debug to see where)"


def say(line: str) -> None:
    """Print one line for the user on stderr."""
    print(f"underdrawing: {printable(line)}", file=sys.stderr)


def printable(text: str) -> str:
    """Return text with every character that a terminal would act on, or not show, in escapes."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
