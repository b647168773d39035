#!/usr/bin/env bash
# One step of a longer run: a heading, the time it took, and the command to repeat when it fails.
#
#   step.sh PART TITLE COMMAND...    PART in $SKIP leaves it out, by name
#   step.sh --summary                the last line of a run that went well
set -euo pipefail

is_skipped() { [[ " ${SKIP:-} " == *" $1 "* ]]; }

if [[ $1 == --summary ]]; then
  if [[ -n ${SKIP:-} ]]; then
    printf '\n== Passed, but for what was skipped: %s\n' "$SKIP"
  else
    printf '\n== All passed\n'
  fi
  exit
fi

part=$1 title=$2
shift 2
if is_skipped "$part"; then
  printf '\n== %s: skipped, as SKIP=%q says\n' "$title" "$part"
  exit
fi

printf '\n== %s\n' "$title"
status=0
"$@" || status=$?
if ((status == 0)); then
  printf '== %s: %d s\n' "$title" "$SECONDS"
else
  repeat=$(printf ' %q' "$@")
  printf '== %s: FAILED after %d s. To repeat:\n   CARGO_TARGET_DIR=%q%s\n' \
    "$title" "$SECONDS" "${CARGO_TARGET_DIR:-target}" "$repeat" >&2
fi
exit "$status"
