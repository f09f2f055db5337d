# Every warning is an error, in every target of ours.
function(levin_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Werror)
endfunction()
