#!/usr/bin/env bash
# The Java engine end to end on a GPU machine that has no JDK and no network.
#
#   engine.sh pack [--arch LIST] [--emulated] [FOLDER]     here: build what the other machine needs
#   engine.sh run [--backend B] [--library FILE] [--text NN] [FOLDER]
#                                                          there: the same texts from the GPU as from the CPU
#   engine.sh levin FOLDER ARGUMENT...                     there: any command of levin, for example bench
#
# FOLDER    build/engine of this checkout when not given; carry it as it is, this script with it
# --arch    what nvcc compiles for, as CMAKE_CUDA_ARCHITECTURES: 90a-real by default; none leaves the library out
# --emulated  also packs the CPU emulation of CUDA; run with LEVIN_OPTS=-Dlevin.cuda.library=emulated
# --library   a liblevin_cuda.so built there, in place of the packed one
# --text      this text of folder texts alone
# LEVIN_OPTS  further JVM options
set -euo pipefail

readonly NEEDED_JDK=25
readonly MOST_BYTES=$((64 << 20))
readonly MODULES=java.base,java.logging,java.management,java.net.http,jdk.incubator.vector,jdk.jfr,jdk.unsupported
readonly INCUBATOR_WARNING='WARNING: Using incubator modules: jdk.incubator.vector'
readonly BINDING=dev/levin/cuda/binding

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd -P "$here/../.." && pwd)

fail() {
  echo "engine.sh: $1" >&2
  exit 2
}

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}"
}

find_jdk() {
  local home version
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/*; do
    if [[ -x $home/bin/jlink && -r $home/release ]]; then
      version=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$home/release")
      if ((${version:-0} >= NEEDED_JDK)); then
        echo "$home"
        return
      fi
    fi
  done
  fail "no JDK $NEEDED_JDK or newer with jlink found; set JAVA_HOME"
}

# One text a number: NN.prompt, NN.chat where it is a chat, NN.text, NN.formats, NN.tokens.
write_texts() {
  python3 - "$root/java/testkit/golden/demo/expected.json" "$1" <<'PYTHON'
import json, pathlib, sys
for number, one in enumerate(json.load(open(sys.argv[1]))):
    start = pathlib.Path(sys.argv[2]) / f"{number:02}"
    start.with_suffix(".prompt").write_text(one["prompt"])
    start.with_suffix(".text").write_text(one["text"])
    start.with_suffix(".formats").write_text(" ".join(one["formats"]) + "\n")
    start.with_suffix(".tokens").write_text(f"{one['max_tokens']}\n")
    if one["chat"]:
        start.with_suffix(".chat").touch()
PYTHON
}

pack() {
  local arch=90a-real tests=no folder=$root/build/engine jdk libraries bytes
  while (($#)); do
    case $1 in
      --arch) arch=${2:?--arch needs a list}; shift ;;
      --emulated) tests=yes ;;
      -*) fail "pack knows no $1" ;;
      *) folder=$1 ;;
    esac
    shift
  done
  jdk=$(find_jdk)
  mkdir -p "$folder"
  folder=$(cd "$folder" && pwd)
  rm -rf "${folder:?}"/{cli,native,models,texts,runtime.tar.xz,engine.sh}

  echo "building the command and its libraries (nvcc for $arch) ..."
  JAVA_HOME=$jdk MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}" \
    mvn -q -B -ntp -f "$root/pom.xml" -pl java/cli -am -Dmaven.test.skip=true \
    -Dspotless.check.skip=true -Dlevin.cuda.arch="$arch" -Dlevin.cuda.tests="$tests" package
  mkdir -p "$folder"/{cli,native/$BINDING,models,texts}
  cp -R "$root/java/cli/target/levin-cli.jar" "$root/java/cli/target/lib" "$folder/cli/"
  # Unpacked, so that a library built on the other machine can take the place of one.
  rm -f "$folder"/cli/lib/levin-backend-cuda-*-linux-*.jar
  libraries=$root/java/backend-cuda/target/classes/$BINDING
  [[ $arch == none ]] || cp -R "$libraries/linux-x86_64" "$folder/native/$BINDING/"
  [[ $tests == no ]] || cp -R "$libraries/linux-x86_64-emulated" "$folder/native/$BINDING/"
  cp "$root"/java/testkit/golden/demo/*.gguf "$folder/models/"
  write_texts "$folder/texts"
  cp "${BASH_SOURCE[0]}" "$folder/engine.sh"

  echo "linking a runtime of $("$jdk/bin/java" --version | head -n 1) ..."
  rm -rf "$folder/runtime"
  "$jdk/bin/jlink" --add-modules "$MODULES" --strip-debug --no-header-files --no-man-pages \
    --output "$folder/runtime"
  tar -C "$folder" -cJf "$folder/runtime.tar.xz" runtime
  rm -rf "$folder/runtime"

  bytes=$(du -sb "$folder" | cut -f1)
  echo "packed $folder: $((bytes >> 20)) MiB"
  ((bytes < MOST_BYTES)) || fail "that is more than $((MOST_BYTES >> 20)) MiB: compile for fewer architectures"
}

# Unpacks the runtime once a machine, outside of the folder, which may be read-only.
unpack() {
  work=${TMPDIR:-/tmp}/levin-engine-$(id -u)-$(cksum <"$1/runtime.tar.xz" | tr ' ' -)
  if [[ ! -x $work/runtime/bin/java ]]; then
    rm -rf "$work"
    mkdir -p "$work"
    tar -C "$work" -xJf "$1/runtime.tar.xz"
  fi
  rm -rf "$work/native"
  cp -R "$1/native" "$work/native"
}

levin() {
  local folder=$1
  shift
  # shellcheck disable=SC2086  # LEVIN_OPTS is a list of options
  LC_ALL=C.UTF-8 "$work/runtime/bin/java" --add-modules=jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
    -XX:+UseSerialGC -Dorg.bytedeco.javacpp.cachedir="$work/javacpp" ${LEVIN_OPTS:-} \
    -cp "$work/native:$folder/cli/levin-cli.jar" dev.levin.cli.Main "$@" \
    2> >(exec grep --line-buffered -vxF "$INCUBATOR_WARNING" >&2)
}

# text FOLDER BACKEND MODEL NUMBER: by the vector kernels on the CPU, for its native ones round activations of
# quantised weights to eight bits, which changes texts.
text() {
  local start=$1/texts/$4 options=()
  [[ $3 == embedded ]] || options+=(--model "$1/models/$3")
  [[ ! -e $start.chat ]] || options+=(--chat)
  LEVIN_OPTS="-Dlevin.cpu.kernels=vector ${LEVIN_OPTS:-}" \
    levin "$1" generate --quiet --backend "$2" -n "$(<"$start.tokens")" ${options[@]+"${options[@]}"} \
    "$(<"$start.prompt")"
}

# As text, for a comparison to the last byte: a command substitution drops the newlines that a text ends with.
whole_text() {
  text "$@" && echo .
}

# The format of levin-demo-Q8_0.gguf is Q8_0; the embedded model is BF16.
format_of() {
  local name=${1#levin-demo-}
  [[ $1 == embedded ]] && echo BF16 || echo "${name%.gguf}"
}

run() {
  local backend=cuda library='' texts='*' folder=$root/build/engine
  # A copy of this script lies in the folder itself.
  [[ ! -e $here/runtime.tar.xz ]] || folder=$here
  while (($#)); do
    case $1 in
      --backend) backend=${2:?--backend needs a name}; shift ;;
      --library) library=${2:?--library needs a file}; shift ;;
      --text) texts=${2:?--text needs a number}; shift ;;
      -*) fail "run knows no $1" ;;
      *) folder=$1 ;;
    esac
    shift
  done
  [[ -e $folder/runtime.tar.xz ]] || fail "$folder was not made by 'engine.sh pack'"
  folder=$(cd "$folder" && pwd)
  unpack "$folder"
  if [[ -n $library ]]; then
    [[ -e $work/native/$BINDING/linux-x86_64/libjnilevin_cuda.so ]] ||
      fail "$folder has no glue for a CUDA library: pack without --arch none"
    cp "$library" "$work/native/$BINDING/linux-x86_64/liblevin_cuda.so"
  fi
  levin "$folder" devices || true

  local models=(embedded) model number prompt seen wanted compared=0 failed=0
  for model in "$folder"/models/*.gguf; do
    models+=("$(basename "$model")")
  done
  for model in "${models[@]}"; do
    for prompt in "$folder"/texts/$texts.prompt; do
      [[ -e $prompt ]] || fail "there is no text $texts in $folder/texts"
      number=$(basename "$prompt" .prompt)
      compared=$((compared + 1))
      wanted=$(whole_text "$folder" cpu "$model" "$number") || fail "the cpu backend does not run"
      if ! seen=$(whole_text "$folder" "$backend" "$model" "$number"); then
        failed=$((failed + 1))
        echo "FAILED $model, text $number: $backend does not run"
      elif [[ $seen != "$wanted" ]]; then
        failed=$((failed + 1))
        printf 'FAILED %s, text %s\n  cpu:  %s\n  %s: %s\n' "$model" "$number" "${wanted%.}" "$backend" "${seen%.}"
      elif grep -qw "$(format_of "$model")" "$folder/texts/$number.formats" &&
        [[ ${seen%.} != "$(<"$folder/texts/$number.text")" ]]; then
        failed=$((failed + 1))
        printf 'FAILED %s, text %s: both backends say\n  %s\nexpected\n  %s\n' \
          "$model" "$number" "${seen%.}" "$(<"$folder/texts/$number.text")"
      fi
    done
    echo "$model: done"
  done
  echo "texts: $compared compared, $failed failed"
  ((failed == 0))
}

case ${1:-} in
  pack) shift; pack "$@" ;;
  run) shift; run "$@" ;;
  levin)
    (($# >= 2)) || fail "levin needs the folder"
    folder=$(cd "$2" && pwd)
    shift 2
    unpack "$folder"
    levin "$folder" "$@"
    ;;
  -h | --help | '') usage ;;
  *) fail "$1 is none of pack, run, levin" ;;
esac
