# Every kernel file; a new one is found at the next build.
file(GLOB_RECURSE LEVIN_CUDA_KERNELS CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.cu")
list(FILTER LEVIN_CUDA_KERNELS EXCLUDE REGEX "/cuda-kernels/test/")
