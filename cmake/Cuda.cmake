# nvcc: architectures, warnings as errors, and CUDA's runtime linked statically, so that only a driver is needed.

# sm_100a and sm_120a for the instructions that only they have; PTX for whatever comes after.
set(LEVIN_CUDA_ARCHITECTURES "80-real;90a-real;100a-real;120a-real;120-virtual" CACHE STRING
  "Architectures that device code is made for, as CMAKE_CUDA_ARCHITECTURES")
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES ${LEVIN_CUDA_ARCHITECTURES})
endif()
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)

function(levin_cuda_kernels target)
  set_target_properties(${target} PROPERTIES
    CUDA_STANDARD 17
    CUDA_STANDARD_REQUIRED ON
    CUDA_RUNTIME_LIBRARY Static
    CUDA_ARCHITECTURES "${CMAKE_CUDA_ARCHITECTURES}")
  target_link_libraries(${target} PRIVATE CUDA::cudart_static)
  # Where a product and a sum become one operation is written in the kernels, never chosen by the compiler: the
  # variants that shapes choose among must agree to the bit. -v is what cmake/spills.sh reads.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:
    -fmad=false
    --expt-relaxed-constexpr
    -Werror=all-warnings
    -Xcompiler=-fvisibility=hidden
    -Xfatbin=-compress-all
    -Xptxas=-v>)
endfunction()
