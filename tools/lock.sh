#!/bin/sh
# Resolves requirements/*.txt again, for every platform and Python from 3.11 on, without writing down where from.
#
# Existing pins are kept; ARGS="--upgrade" moves them. UV names the uv to use; its own configuration says which index.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-uv}
command -v "$uv" >/dev/null 2>&1 || {
    printf '%s\n' "mutualchain: make lock needs uv, a resolver that writes hashes for all platforms (UV=/path/to/uv names it)." >&2
    exit 1
}

resolve() {
    output=$1
    shift
    "$uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 \
        --no-emit-index-url --no-emit-find-links --no-header ${ARGS:-} \
        --output-file "requirements/$output.txt" "$@" >/dev/null
}

resolve run pyproject.toml requirements/build.in
resolve test pyproject.toml requirements/build.in --extra dev --extra witness --constraint requirements/run.txt
resolve plot pyproject.toml requirements/build.in --extra plot --constraint requirements/run.txt
resolve bench pyproject.toml requirements/build.in --extra bench --constraint requirements/run.txt
