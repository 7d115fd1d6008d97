# `make demo` trains LeNet-5 on Fashion-MNIST; `make test` is exactly what continuous integration runs.

SWIFT ?= swift
BUILD := $(SWIFT) build -c release
APUS := .build/release/apus

# What Debian calls the C libraries, the real data and the C formatter.
PACKAGES := zlib1g-dev libpng-dev libjpeg62-turbo-dev libutf8proc-dev libcurl4-openssl-dev libssl-dev libopenblas-dev coinor-libclp-dev librsvg2-dev fonts-dejavu-core pkg-config dataset-fashion-mnist clang-format python3

.PHONY: demo test fuzz sanitize check-aarch64 lint format build deps bench bench-check docs clean

demo: build
	@rm -rf runs/demo
	$(APUS) train lenet5 --epochs 5 --seed 1 --out runs/demo
	$(APUS) datasets extract fashion-mnist --count 6 --out runs/demo/images
	$(APUS) predict runs/demo runs/demo/images/*.png

test: deps lint
	$(SWIFT) test -c release

build: deps
	$(BUILD) --product apus

# Installs what is missing, and asks for rights only then.
deps:
	@./Scripts/install-packages.sh $(PACKAGES)

lint:
	$(SWIFT) format lint --strict --parallel --recursive Sources Tests Package.swift
	@clang-format --dry-run -Werror $$(find Sources -name '*.c' -o -name '*.h' -o -name '*.inc')

format:
	$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift
	@clang-format -i $$(find Sources -name '*.c' -o -name '*.h' -o -name '*.inc')

# Random graphs, the CPU against the reference, for so many seconds.
fuzz: deps
	APUS_FUZZ_SECONDS=$(or $(SECONDS),300) $(SWIFT) test -c release --filter FuzzTests

# The kernels' tests under a sanitizer: make sanitize KIND=address, undefined or thread; all three otherwise.
sanitize: deps
	@for kind in $(or $(KIND),address undefined thread); do ./Scripts/sanitize.sh $$kind || exit 1; done

# The main kernels on arm64, in an emulator.
check-aarch64:
	@./Scripts/check-aarch64.sh

# Compares with PyTorch and JAX, which are set up in a virtual environment of their own, and writes Benchmarks/RESULTS.md.
# One workload: make bench WORKLOAD=lenet5. Quicker: make bench ROUNDS=3.
COMPARE = .venv/bin/python Benchmarks/compare.py $(if $(WORKLOAD),--workload $(WORKLOAD)) $(if $(ROUNDS),--rounds $(ROUNDS))

bench: build
	@./Benchmarks/setup.sh
	$(COMPARE) --update

# Fails when a ratio is a tenth worse than in Benchmarks/results.json, and says which.
bench-check: build
	@./Benchmarks/setup.sh
	$(COMPARE) --check

docs:
	@./Scripts/build-docs.sh

clean:
	rm -rf .build
