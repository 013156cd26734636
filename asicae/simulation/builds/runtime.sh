#!/bin/sh
# In front of every call of the C++ compiler in a Verilator build ($(OBJCACHE) of its makefiles):
#     sh runtime.sh PYTHON COMPILER ARGUMENTS... SOURCE
# Verilator's own runtime is the same in every build and takes longer than most designs.
python=$1
shift
for source do :; done
case $source in
  */include/verilated*.cpp) exec "$python" -m asicae.simulation.builds.runtime "$@" ;;
esac
exec "$@"
