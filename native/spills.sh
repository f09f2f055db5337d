#!/bin/sh
# Names every kernel whose registers did not suffice, from what ptxas -v said in a build log:
#
#   spills.sh BUILD_LOG
#
# Only kernels compiled in that build are known. None is printed when none spills.
set -eu

awk '
  /Compiling entry function/ { split($0, part, "\047"); kernel = part[2]; arch = part[4] }
  /bytes spill stores/ && !/ 0 bytes spill stores, 0 bytes spill loads/ {
    match($0, /[0-9]+ bytes spill stores, [0-9]+ bytes spill loads/)
    print "[native] spills: " kernel " (" arch "): " substr($0, RSTART, RLENGTH)
  }' "$1" | if command -v c++filt > /dev/null; then c++filt; else cat; fi
