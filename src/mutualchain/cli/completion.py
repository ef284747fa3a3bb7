"""``mutualchain completion``: the script with which a shell completes commands and options."""

from __future__ import annotations

import click

from .app import App, mutualchain, pass_app
from .command import command
from .options import json_option, lang_option
from .screen import Screen

__all__ = ["completion"]

SHELLS = {
    "bash": "mutualchain completion bash > ~/.local/share/bash-completion/completions/mutualchain",
    "zsh": "mutualchain completion zsh > ~/.zfunc/_mutualchain",
    "fish": "mutualchain completion fish > ~/.config/fish/completions/mutualchain.fish",
}
"""Where each shell looks for it."""
VARIABLE = "_MUTUALCHAIN_COMPLETE"


@command(
    epilog="""\b
Examples:
  mutualchain completion bash > ~/.local/share/bash-completion/completions/mutualchain
  mutualchain completion zsh > ~/.zfunc/_mutualchain
  mutualchain completion fish > ~/.config/fish/completions/mutualchain.fish

zsh looks into ~/.zfunc where ~/.zshrc says `fpath+=~/.zfunc; autoload -Uz compinit; compinit`. A shell that is
started then completes."""
)
@click.argument("shell", type=click.Choice(tuple(SHELLS)))
@lang_option
@json_option
@pass_app
def completion(app: App, shell: str) -> None:
    """Print the completion script for SHELL, to be written where the shell looks for it."""
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    made = kind(mutualchain, {}, "mutualchain", VARIABLE)
    script = ShellComplete.source(made)  # its own would ask the bash of this machine for its version

    def show(screen: Screen) -> None:
        screen.document(script)

    app.result({"shell": shell, "script": script, "install": SHELLS[shell]}, show)
