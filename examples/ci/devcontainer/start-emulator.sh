#!/usr/bin/env bash
# Starts the emulator with the container, and sets its variables in every new terminal. More flags of "emulator start":
# as arguments.
set -euo pipefail
enrollkit="$HOME/enrollkit/dist/bin.js"

# It may be running: the container was stopped and started again, or this is the second terminal.
node "$enrollkit" emulator status --dir "$HOME/emulator" >/dev/null 2>&1 ||
  node "$enrollkit" emulator start --detach --dir "$HOME/emulator" "$@"
node "$enrollkit" emulator env --dir "$HOME/emulator" >"$HOME/.emulator-env"

line='[ ! -r "$HOME/.emulator-env" ] || . "$HOME/.emulator-env"'
grep --fixed-strings --line-regexp --quiet "$line" "$HOME/.bashrc" 2>/dev/null || echo "$line" >>"$HOME/.bashrc"
