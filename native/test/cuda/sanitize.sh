#!/bin/sh
# Runs the smoke test under one tool of compute-sanitizer:
#
#   sanitize.sh memcheck|racecheck|synccheck|initcheck PROGRAM
#
# Exit code 77, with the reason, where the tool or the device is missing.
set -u

tool=$1
program=$2

skip() {
  echo "skipped: $1"
  exit 77
}

sanitizer=$(command -v compute-sanitizer) ||
  for folder in "${CUDA_HOME:-}" "${CUDA_PATH:-}" /usr/local/cuda; do
    if [ -x "$folder/bin/compute-sanitizer" ]; then
      sanitizer=$folder/bin/compute-sanitizer
      break
    fi
  done
[ -n "$sanitizer" ] || skip "compute-sanitizer is not installed; it comes with the CUDA toolkit"

# What fails by itself, or has no device, needs no tool to say so.
"$program"
code=$?
[ "$code" = 0 ] || exit "$code"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$sanitizer" --tool "$tool" --error-exitcode 99 --print-limit 20 "$program" > "$log" 2>&1
code=$?
cat "$log"
if grep -q 'Device not supported' "$log"; then
  skip "compute-sanitizer cannot watch this device here"
fi
exit "$code"
