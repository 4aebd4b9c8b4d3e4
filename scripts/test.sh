#!/bin/sh
# Runs every test: the checked build (tail-called handlers), the loop expansion, the loom models.
# The last line is "N passed, N failed"; the exit status says the same.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
bad=0

stage() {
    name=$1; shift
    printf '== %s\n' "$name"
    # The status travels through the pipe in a file, because sh has no pipefail.
    { "$@" 2>&1; echo $? >"$log.status"; } | tee -a "$log"
    status=$(cat "$log.status"); rm -f "$log.status"
    if [ "$status" -ne 0 ]; then
        printf '== %s: exit status %s\n' "$name" "$status"
        bad=$((bad + 1))
    fi
}

stage "checked build" cargo test --workspace --no-fail-fast
stage "loop expansion" env LUAS_DISPATCH=loop CARGO_TARGET_DIR=target/loop \
    cargo test --no-fail-fast --test lua --test threads --test bad --test cli
if ls crates/vm/tests/loom*.rs >/dev/null 2>&1; then
    for model in crates/vm/tests/loom*.rs; do
        stage "loom: $(basename "$model" .rs)" env RUSTFLAGS='--cfg loom' CARGO_TARGET_DIR=target/loom \
            LOOM_MAX_PREEMPTIONS="${LOOM_MAX_PREEMPTIONS:-3}" \
            cargo test -p luas-vm --release --test "$(basename "$model" .rs)"
    done
else
    echo "== loom models: skipped, crates/vm/tests has none"
fi

passed=$(sed -n 's/^test result: .* \([0-9][0-9]*\) passed; .*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
failed=$(sed -n 's/^test result: .*; \([0-9][0-9]*\) failed; .*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
# A stage that broke before its tests counts as a failure too.
if [ "$bad" -gt 0 ] && [ "$failed" -eq 0 ]; then failed=$bad; fi
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$bad" -eq 0 ]
