# base/levels.cmake -- which sources of the engine are made fast, and which
# small: -Os makes half the code of -O3.

set(SMALLER $<$<NOT:$<CONFIG:Debug>>:-Os>
            $<$<C_COMPILER_ID:GNU>:-ftree-vectorize>
            $<$<C_COMPILER_ID:GNU>:-fvect-cost-model=dynamic>)

# No exception passes through the engine, so nothing asks for its tables; and
# what is linked can be without what nothing in it calls.
set(LEAN $<$<NOT:$<CONFIG:Debug>>:-fno-asynchronous-unwind-tables>
         -ffunction-sections -fdata-sections)

# Small everywhere: little time goes to them.
file(GLOB SMALL RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS
     src/base/*.c src/dataset/*.c src/expr/*.c src/metric/*.c)
list(FILTER SMALL EXCLUDE REGEX "/(bootstrap|column|columns|roc_auc)\\.c$")
list(FILTER SMALL EXCLUDE REGEX "/(csv_scan|deal|decimal|run)\\.c$")
list(FILTER SMALL EXCLUDE REGEX "/(gaussian_mixture|mixture)\\.c$")
list(APPEND SMALL
     src/loss/check_options.c src/loss/distribution.c src/loss/divergence.c
     src/loss/find.c src/loss/jensen_shannon.c src/loss/kl.c src/loss/lines.c
     src/loss/share.c src/loss/softmax_soft.c
     src/loss/sum.c src/loss/weights.c src/train/check.c src/train/layout.c
     src/train/lists.c src/train/newton.c src/train/predict.c
     src/train/sampling.c src/train/snapshot.c src/train/start.c)
set_property(SOURCE ${SMALL} APPEND PROPERTY COMPILE_OPTIONS ${SMALLER})

# Between: the loops that matter are in kernels, but for those over a point's
# parameters, which small fits to convergence feel.
set(BETWEEN src/metric/bootstrap.c src/train/adam.c src/train/blocks.c
            src/train/lbfgs.c src/train/linear.c src/train/mlp.c
            src/train/sgd.c src/train/trainer.c)
set_property(SOURCE ${BETWEEN} APPEND PROPERTY COMPILE_OPTIONS
             $<$<NOT:$<CONFIG:Debug>>:-O2>
             $<$<C_COMPILER_ID:GNU>:-fvect-cost-model=dynamic>)

# Of the sources of an instruction set, those that are fast even where all
# others are small: for x86 without AVX2, which few processors are.
set(HOT src/kernel/elementwise.c src/kernel/gaussian.c src/kernel/matmul.c
        src/kernel/normals.c src/kernel/products.c src/kernel/resample.c
        src/loss/sigmoid.c src/loss/softmax.c)
set_property(SOURCE ${HOT} APPEND PROPERTY COMPILE_OPTIONS
             $<TARGET_PROPERTY:NEAP_HOT>)
set_property(SOURCE src/kernel/matmul.c src/kernel/products.c APPEND PROPERTY
             COMPILE_OPTIONS -O3 -ffp-contract=fast)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")  # of bytes: 256 bits win
  set_property(SOURCE src/kernel/resample.c APPEND PROPERTY COMPILE_OPTIONS
               -mprefer-vector-width=256)
endif()

function(neap_set_level target isa)
  if(isa STREQUAL base AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(${target} PRIVATE ${SMALLER} ${LEAN})
    set_property(TARGET ${target} PROPERTY NEAP_HOT -O2)
  else()
    target_compile_options(${target} PRIVATE -O3 ${LEAN})
    set_property(TARGET ${target} PROPERTY NEAP_HOT -O3)
  endif()
endfunction()
