#!/bin/sh
# sh wasm/emcc.sh ARGUMENTS - emcc, or the one that EMCC names. Debian's emcc 3.1.6 comes with LLVM 14, which emits a prototype of relaxed
# SIMD; given Debian's LLVM 19 it emits the final opcodes. Other emcc's bring an LLVM of their own and are left alone.
set -eu
emcc=${EMCC:-emcc}
case $(readlink -f "$(command -v "$emcc")") in
/usr/share/emscripten/*)
    export EM_LLVM_ROOT=/usr/lib/llvm-19/bin EM_CLANG_ADD_VERSION= EM_LLVM_ADD_VERSION=
    ;;
esac
exec "$emcc" "$@"
