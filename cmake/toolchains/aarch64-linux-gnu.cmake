# Linux on 64-bit Arm, from another Linux; tests run under qemu where it is installed. Debian: g++-aarch64-linux-gnu, qemu-user-static.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

set(CMAKE_FIND_ROOT_PATH /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

find_program(LEVIN_QEMU NAMES qemu-aarch64-static qemu-aarch64)
if(LEVIN_QEMU)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${LEVIN_QEMU} -L /usr/aarch64-linux-gnu)
endif()
