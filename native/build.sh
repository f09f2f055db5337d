#!/bin/sh
# Builds native libraries and their JNI glue into a folder of class-path resources:
#
#   build.sh cpu  JNI_SOURCES BUILD_FOLDER CLASSES_FOLDER JAVA_HOME...
#   build.sh cuda JNI_SOURCES BUILD_FOLDER CLASSES_FOLDER ARCH TESTS JAVA_HOME...
#
# The first JAVA_HOME with a jni.h serves. What is missing is named, and the Java build goes on without:
# the libraries are optional. A compiler that fails is an error.
#
# ARCH says what nvcc compiles for: 'auto' for the GPUs of this machine, 'all' for every architecture (minutes),
# 'none', or a list as CMAKE_CUDA_ARCHITECTURES takes it. TESTS 'no' is a build that will only be run: it leaves
# out the emulated library, and under 'auto' the real one where there is no GPU. Otherwise 'auto' compiles for
# sm_90a alone there, so that nvcc has seen the kernels.
set -eu

part=$1
sources=$2
build=$3
classes=$4
shift 4
if [ "$part" = cuda ]; then
  arch=$1
  tests=$2
  shift 2
fi

say() {
  echo "[native] $1"
}

leave_out() {
  say "left out: $1; the Java kernels run instead"
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

folder=$(cd "$(dirname "$0")" && pwd)
jobs=$(getconf _NPROCESSORS_ONLN 2> /dev/null || echo 2)
log=$build/build.log

# Glue that did not change is not compiled again.
glue=$build/glue
mkdir -p "$glue"
for source in jnijavacpp.cpp "jnilevin_$part.cpp"; do
  cmp -s "$sources/$source" "$glue/$source" || cp "$sources/$source" "$glue/"
done

compile() {
  if ! {
    cmake -S "$folder" -B "$build" -DCMAKE_BUILD_TYPE=Release -DLEVIN_NATIVE_TESTS=OFF \
      -DLEVIN_JNI_SOURCES="$glue" -DLEVIN_JDK="$jdk" "$@" &&
      cmake --build "$build" --parallel "$jobs"
  } > "$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
}

# install FOLDER LIBRARY...: into the resources beside the binding. By renaming: a JVM may be running the old file.
install() {
  target=$classes/$1
  shift
  mkdir -p "$target"
  for library in "$@"; do
    name=$(basename "$library")
    if ! cmp -s "$library" "$target/$name"; then
      cp "$library" "$target/$name.new"
      mv "$target/$name.new" "$target/$name"
    fi
  done
}

if [ "$part" = cpu ]; then
  compile
  install "dev/levin/cpu/nativetwin/$system-$machine" "$build/cpu/liblevin_cpu.so" "$build/jni/libjnilevin_cpu.so"
  exit 0
fi

# The compute capabilities of this machine's GPUs, as CMake names them: 9.0 is 90a-real.
gpus() {
  command -v nvidia-smi > /dev/null || return 0
  nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2> /dev/null |
    sed -n 's/^ *\([0-9]*\)\.\([0-9]*\) *$/\1\2/p' | sort -u |
    sed 's/^\(90\|100\|103\|120\|121\)$/\1a/; s/$/-real/' | paste -s -d ';' -
}

no_native=
if [ "$arch" = none ]; then
  no_native="levin.cuda.arch is none"
elif ! command -v "${CUDACXX:-nvcc}" > /dev/null; then
  no_native="there is no CUDA compiler (${CUDACXX:-nvcc})"
elif [ "$arch" = auto ]; then
  arch=$(gpus)
  if [ -z "$arch" ] && [ "$tests" = no ]; then
    no_native="this machine has no GPU"
  fi
  arch=${arch:-90a-real}
elif [ "$arch" = all ]; then
  arch='80-real;90a-real;100a-real;120a-real;120-virtual'
fi

flags=
[ "$tests" = no ] || flags="$flags -DLEVIN_CUDA_EMULATED=ON"
if [ -n "$no_native" ]; then
  say "left out: the CUDA library; $no_native"
else
  flags="$flags -DLEVIN_CUDA=ON"
fi
[ -n "$flags" ] || exit 0

# shellcheck disable=SC2086  # a list of options
compile -DLEVIN_CPU=OFF -DLEVIN_CUDA=OFF -DLEVIN_CUDA_EMULATED=OFF $flags -DCMAKE_CUDA_ARCHITECTURES="$arch"

binding=dev/levin/cuda/binding/$system-$machine
if [ "$tests" != no ]; then
  install "$binding-emulated" "$build/src/liblevin_cuda_emu.so" "$build/jni/emulated/libjnilevin_cuda.so"
fi
if [ -z "$no_native" ]; then
  install "$binding" "$build/src/liblevin_cuda.so" "$build/jni/libjnilevin_cuda.so"
  say "liblevin_cuda.so for $arch: $(wc -c < "$build/src/liblevin_cuda.so") bytes"
  sh "$folder/spills.sh" "$log"
fi
