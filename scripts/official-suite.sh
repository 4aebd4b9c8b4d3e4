#!/bin/sh
# Runs the official test suite of Lua 5.4, which is not part of this repository, file by file.
#
# Usage: scripts/official-suite.sh [-l LUAS] [-t SECONDS] DIR [MODE...]
#   DIR is the folder `testes` of the reference's repository at v5.4.8; it is copied first, because the files write there.
#   MODE: portable (`_U` is true), full (it is not), dumped (portable, every text chunk goes through string.dump and
#   load), all (all.lua, portable). Without a mode, all four. LUAS_TORTURE reaches the program, if it is a checked build.
# Prints the files that fail, with the last line of what they say, and for each mode how many passed.
# What does not pass, and why, is in docs/compatibility.md. The exit status is 0 when only those fail.
set -u
luas=target/release/luas
seconds=300
while getopts l:t: option; do
    case $option in
        l) luas=$OPTARG ;;
        t) seconds=$OPTARG ;;
        *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] && [ -f "$1/all.lua" ] || { sed -n 's/^# \{0,1\}//p' "$0" >&2; exit 2; }
luas=$(realpath "$luas") || exit 2
suite=$(realpath "$1"); shift
[ $# -gt 0 ] || set -- portable full dumped all

copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT
cp -R "$suite/." "$copy"
cd "$copy" || exit 2

# Each text chunk is dumped and loaded again.
cat >dumped.luas <<'LUA'
local load0, loadfile0 = load, loadfile
local function again(f, ...)
  if not f then return f, ... end
  local name, env = debug.getupvalue(f, 1)
  local copy = assert(load0(string.dump(f), "=?", "b"))
  if name then debug.setupvalue(copy, 1, env) end
  return copy
end
function load(chunk, name, mode, ...)
  if type(chunk) == "string" and chunk:byte() == 27 or mode == "b" then return load0(chunk, name, mode, ...) end
  return again(load0(chunk, name, mode, ...))
end
function loadfile(...) return again(loadfile0(...)) end
function dofile(name) return assert(loadfile(name))() end
_U = true
local file = ...
if file == "big.lua" then coroutine.wrap(loadfile(file))() else dofile(file) end
LUA

# Files that are known not to pass in a mode (docs/compatibility.md has the reasons).
excepted() {
    case $1:$2 in
        *:heavy.lua | *:all.lua) return 0 ;;
        *:main.lua | dumped:db.lua) return 0 ;;
    esac
    return 1
}

unexpected=0
for mode; do
    passed=0 failed=0
    files=$(ls ./*.lua)
    [ "$mode" = all ] && files=./all.lua
    for file in $files; do
        file=${file#./}
        if [ "$mode" != all ]; then
            case $file in heavy.lua | all.lua) continue ;; esac
        fi
        case $mode in
            portable) set -- -e "_U=true" "$file" ;;
            full) set -- "$file" ;;
            dumped) set -- dumped.luas "$file" ;;
            all) set -- -e "_U=true" all.lua ;;
            *) echo "no mode '$mode'" >&2; exit 2 ;;
        esac
        # big.lua yields at its top level: all.lua runs it in a coroutine.
        [ "$file" = big.lua ] && case $mode in
            portable) set -- -e "_U=true coroutine.wrap(loadfile 'big.lua')()" ;;
            full) set -- -e "local f = coroutine.wrap(loadfile 'big.lua') f() f()" ;;
        esac
        # Some files want a pipe as standard input.
        if : | timeout "$seconds" "$luas" "$@" >out.txt 2>&1; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            if excepted "$mode" "$file"; then note=" (expected)"; else note="" unexpected=$((unexpected + 1)); fi
            printf '%s %s fails%s: %s\n' "$mode" "$file" "$note" "$(grep -a -o '[a-z0-9]*\.lua:[0-9]*: .*' out.txt | tail -n 1 | cut -c1-160)"
        fi
    done
    printf '== %s: %s passed, %s failed\n' "$mode" "$passed" "$failed"
done
[ "$unexpected" -eq 0 ]
