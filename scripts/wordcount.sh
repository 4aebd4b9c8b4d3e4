#!/bin/sh
# The main job: counts the words of 100 MB of text with 1 and with 2 threads, in one shared table and by merging.
# Usage: scripts/wordcount.sh [FILE...]   (without files, the corpus that scripts/wordcount-corpus.sh makes)
set -eu
cd "$(dirname "$0")/.."
cargo build --release --quiet
luas=target/release/luas
if [ $# -eq 0 ]; then
    corpus=$(scripts/wordcount-corpus.sh)
    set -- "$corpus"
fi
ls -lh "$@" | awk '{print $NF ": " $5}'
for threads in 1 2; do
    echo "== luas examples/wordcount.lua -t $threads"
    start=$(date +%s.%N)
    "$luas" examples/wordcount.lua -t "$threads" "$@"
    end=$(date +%s.%N)
    awk -v a="$start" -v b="$end" -v t="$threads" 'BEGIN {printf "%d thread%s: %.2f s wall\n", t, t == 1 ? "" : "s", b - a}'
done
