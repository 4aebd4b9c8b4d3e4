#!/bin/sh
# Makes the text that the word count is measured on, and prints its path: 100 MB of Rust sources that a machine with
# the toolchain has (those of the packages cargo has unpacked; the repository's own when there are more of those),
# repeated to the size. Does nothing when the text is there already.
set -eu
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/target/corpus/text-100mb.txt
size=100000000

size_of() { [ -f "$1" ] && wc -c <"$1" || echo 0; }

# collect FOLDER FILE: at most `size` bytes of all *.rs below the folder, in the order of their paths.
collect() {
    { [ ! -d "$1" ] || find "$1" -name target -prune -o -type f -name '*.rs' -print0 | sort -z |
        xargs -0 cat 2>/dev/null; } | head -c "$size" >"$2"
}

if [ "$(size_of "$out")" -ne "$size" ]; then
    mkdir -p "$(dirname "$out")"
    work=$(mktemp -d "$(dirname "$out")/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    collect "${CARGO_HOME:-$HOME/.cargo}/registry/src" "$work/text"
    if [ "$(size_of "$work/text")" -lt "$size" ]; then
        collect "$root" "$work/own"
        if [ "$(size_of "$work/own")" -gt "$(size_of "$work/text")" ]; then
            mv "$work/own" "$work/text"
        fi
    fi
    if [ "$(size_of "$work/text")" -eq 0 ]; then
        echo "wordcount-corpus: no Rust sources found" >&2
        exit 1
    fi
    # Doubling takes a handful of steps.
    while [ "$(size_of "$work/text")" -lt "$size" ]; do
        cat "$work/text" "$work/text" >"$work/twice"
        mv "$work/twice" "$work/text"
    done
    head -c "$size" "$work/text" >"$work/cut"
    mv "$work/cut" "$out"
fi
echo "$out"
