#!/bin/sh
# Formats the C++ and CUDA sources of the CUDA backend, or names those that differ:
#
#   format.sh [--check]
#
# Releases of clang-format disagree; 14 decides. Without it nothing is checked, and the script says so.
set -eu
cd "$(dirname "$0")/.."

tool=
for name in clang-format-14 clang-format; do
  if [ -z "$tool" ] && "$name" --version 2> /dev/null | grep -q 'version 14\.'; then
    tool=$name
  fi
done
if [ -z "$tool" ]; then
  echo "[native] format not checked: clang-format 14 is not installed"
  exit 0
fi

action=-i
[ "${1:-}" != --check ] || action='--dry-run --Werror'
# shellcheck disable=SC2086  # one or two options
find native/src native/emulator native/include/levin/levin.h cuda-kernels \
  \( -name '*.h' -o -name '*.cc' -o -name '*.cu' -o -name '*.cuh' \) -print0 | xargs -0 "$tool" $action
