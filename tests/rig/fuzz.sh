#!/usr/bin/env bash
# Feeds every fuzz target of the tree with inputs that libFuzzer makes up.
#
#   fuzz.sh SECONDS    for each target; a finding ends the script, with the file that shows it
#
# Works with the pinned toolchain: coverage is asked of the compiler directly, no sanitizer is used.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:?for how many seconds}
target_dir=${CARGO_TARGET_DIR:-$PWD/target}/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')
coverage=(
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  -Cdebug-assertions
  --cfg=fuzzing
)

for manifest in connector/*/fuzz/Cargo.toml; do
  folder=$(dirname "$manifest")
  # With a target named, build scripts and macros are spared the coverage.
  RUSTFLAGS="${coverage[*]}" CARGO_TARGET_DIR=$target_dir \
    cargo build --quiet --locked --release --target "$host" --manifest-path "$manifest"
  # Files that the tests of the crate know are a good beginning.
  seeds=()
  [[ ! -d $folder/../tests/corpus ]] || seeds=("$folder/../tests/corpus")
  for source in "$folder"/fuzz_targets/*.rs; do
    name=$(basename "$source" .rs)
    found=$target_dir/found/$folder/$name
    mkdir -p "$found/corpus"
    echo "$folder $name: $seconds s"
    "$target_dir/$host/release/$name" "$found/corpus" "${seeds[@]}" \
      -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -artifact_prefix="$found/" \
      > "$found/log" 2>&1 || {
      tail -n 30 "$found/log" >&2
      exit 1
    }
    grep -a '^Done' "$found/log" || true
  done
done
