#!/bin/sh
# Runs every test: the checked build (tail-called handlers), the loop expansion, the loom models.
# What failed comes at the end, each failed test with its output: a record of a run may keep only that.
# The last line is "N passed, N failed"; the exit status says the same.
set -u
cd "$(dirname "$0")/.." || exit 1
log=$(mktemp) || exit 1
trap 'rm -f "$log" "$log".*' EXIT
bad=0

stage() {
    name=$1; shift
    printf '== %s\n' "$name"
    # The status travels through the pipe in a file, because sh has no pipefail.
    { "$@" 2>&1; echo $? >"$log.status"; } | tee "$log.stage"
    cat "$log.stage" >>"$log"
    status=$(cat "$log.status")
    if [ "$status" -ne 0 ]; then
        printf '== %s: exit status %s\n' "$name" "$status"
        bad=$((bad + 1))
        { printf '== failed in "%s" (exit status %s)\n' "$name" "$status"; failures "$log.stage"; } >>"$log.failed"
    fi
}

# The failed tests in the output of cargo test, each with what it printed: of much, the beginning and the end; what came
# before a signal that ended a test program; and when there is neither (the compiler failed) the last lines.
failures() {
    awk '
        function show(i) {
            for (i = 1; i <= n; i++) if (n <= 90 || i <= 30 || i > n - 60) print line[i]; else if (i == 31) print "..."
            n = 0
        }
        /^---- .* stdout ----$/ { show(); inside = any = 1 }
        /^failures:$/ || /^test result: / { inside = 0 }
        inside { line[++n] = $0 }
        { last[NR] = $0 }
        !inside && /\(signal: [0-9]/ { show(); any = 1; for (i = NR > 20 ? NR - 20 : 1; i <= NR; i++) print last[i] }
        END { show(); if (!any) for (i = NR > 40 ? NR - 39 : 1; i <= NR; i++) print last[i] }
    ' "$1"
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

if [ -f "$log.failed" ]; then cat "$log.failed"; fi
passed=$(sed -n 's/^test result: .* \([0-9][0-9]*\) passed; .*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
failed=$(sed -n 's/^test result: .*; \([0-9][0-9]*\) failed; .*/\1/p' "$log" | awk '{n += $1} END {print n + 0}')
# A stage that broke before its tests counts as a failure too.
if [ "$bad" -gt 0 ] && [ "$failed" -eq 0 ]; then failed=$bad; fi
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$bad" -eq 0 ]
