#!/bin/sh
# Builds the native kernels and their JNI glue into a folder of class-path resources:
#
#   build.sh JNI_SOURCES BUILD_FOLDER CLASSES_FOLDER JAVA_HOME...
#
# The first JAVA_HOME with a jni.h serves. What is missing is named, and the Java build goes on without:
# the libraries are optional. A compiler that fails is an error.
set -eu

sources=$1
build=$2
classes=$3
shift 3

leave_out() {
  echo "[native] left out: $1; the Java kernels run instead"
  exit 0
}

case $(uname -s) in
  Linux) system=linux ;;
  *) leave_out "built on Linux only, not on $(uname -s)" ;;
esac
case $(uname -m) in
  x86_64 | amd64) machine=x86_64 ;;
  aarch64 | arm64) machine=arm64 ;;
  *) leave_out "no kernels for $(uname -m)" ;;
esac

command -v cmake > /dev/null || leave_out "CMake is not installed"
command -v "${CXX:-c++}" > /dev/null || leave_out "there is no C++ compiler (${CXX:-c++})"
command -v "${CC:-cc}" > /dev/null || leave_out "there is no C compiler (${CC:-cc})"
command -v make > /dev/null || leave_out "make is not installed"

jdk=
for home in "$@" "${JAVA_HOME:-}"; do
  if [ -z "$jdk" ] && [ -f "$home/include/jni.h" ]; then
    jdk=$home
  fi
done
[ -n "$jdk" ] || leave_out "no JDK with include/jni.h among: $*"

# Glue that did not change is not compiled again.
glue=$build/glue
mkdir -p "$glue"
for source in jnijavacpp.cpp jnilevin_cpu.cpp; do
  cmp -s "$sources/$source" "$glue/$source" || cp "$sources/$source" "$glue/"
done
log=$build/build.log
folder=$(cd "$(dirname "$0")" && pwd)
jobs=$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2)
if ! {
  cmake -S "$folder" -B "$build" -DCMAKE_BUILD_TYPE=Release -DLEVIN_NATIVE_TESTS=OFF \
    -DLEVIN_JNI_SOURCES="$glue" -DLEVIN_JDK="$jdk" &&
    cmake --build "$build" --parallel "$jobs"
} > "$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

target=$classes/dev/levin/cpu/nativetwin/$system-$machine
mkdir -p "$target"
for library in "$build/cpu/liblevin_cpu.so" "$build/jni/libjnilevin_cpu.so"; do
  cmp -s "$library" "$target/$(basename "$library")" || cp "$library" "$target/"
done
