#!/bin/sh
# Installs one lock into .venv: tools/venv.sh run|test|bench|plot. Makes .venv first, with the newest Python that can.
#
# PYTHON=/path/to/python3 chooses another Python. pip's own configuration (index, proxy, certificates) is respected.
set -eu
cd "$(dirname "$0")/.."
lock=$1
venv=.venv

say() { printf '%s\n' "$*" >&2; }

# True for a Python that is new enough. It is run, not only found: version managers leave names that do nothing.
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# True for a Python that can make a virtual environment with pip in it; Debian packages that part separately.
makes_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() {
    incomplete=
    for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
        new_enough "$candidate" || continue
        if makes_venvs "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
        incomplete=${incomplete:-$candidate}
    done
    if [ -n "$incomplete" ]; then
        version=$("$incomplete" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        say "mutualchain: $incomplete cannot make virtual environments: its venv module is a package of its own here."
        say "  On Debian and Ubuntu: sudo apt-get install python$version-venv"
        say "  Then run make again."
    elif [ -n "${PYTHON:-}" ]; then
        say "mutualchain: PYTHON=$PYTHON is not a Python 3.11 or newer."
    else
        say "mutualchain: Python 3.11 or newer was not found."
        say "  On Debian and Ubuntu: sudo apt-get install python3 python3-venv"
        say "  If it has another name or place: make PYTHON=/path/to/python3 ..."
    fi
    return 1
}

make_venv() {
    python=$(find_python)
    say "mutualchain: setting up $venv with $("$python" --version 2>&1)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
}

# Usable as it stands: made here, by a Python that still runs.
usable() {
    [ "$(cat "$venv/where" 2>/dev/null)" = "$PWD" ] && new_enough "$venv/bin/python" &&
        "$venv/bin/python" -m pip --version >/dev/null 2>&1
}

install() {
    "$venv/bin/python" -m pip install --quiet --quiet --no-input --disable-pip-version-check "$@"
}

if [ "$lock" = run ]; then
    usable || make_venv
fi
say "mutualchain: installing requirements/$lock.txt"
if ! install --require-hashes --no-deps --only-binary :all: -r "requirements/$lock.txt"; then
    say "mutualchain: the packages could not be installed; what pip said stands above."
    say "  No network or a proxy: pip's usual settings apply. No matching package: try another Python with make PYTHON=..."
    exit 1
fi
if [ "$lock" = run ]; then
    # The build backend came with the lock, so nothing is fetched here.
    install --no-index --no-deps --no-build-isolation --editable .
fi
printf '%s\n' "$PWD" >"$venv/where"
touch "$venv/$lock.stamp"
