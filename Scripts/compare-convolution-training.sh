#!/bin/sh
# Trains ResNet-18 on a part of Fashion-MNIST with direct and with Winograd convolutions, three seeds each, and writes the
# table into Documentation/WinogradError.md. Takes some minutes.
#   Scripts/compare-convolution-training.sh [FOLDER-WITH-FASHION-MNIST]
set -eu
cd "$(dirname "$0")/.."
root=$PWD
data=${1:-/usr/share/datasets/fashion-mnist}
document=Documentation/WinogradError.md
heading="## Training with each kernel"
package=.build/convolution-training
mkdir -p "$package/Sources/Training" "$package/data"
cp Scripts/ConvolutionTraining/main.swift "$package/Sources/Training/main.swift"
for part in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
  gunzip -c "$data/$part-ubyte.gz" > "$package/data/$part-ubyte"
done
name=$(basename "$root" | tr '[:upper:]' '[:lower:]')
cat > "$package/Package.swift" <<END
// swift-tools-version: 6.3
import PackageDescription

let package = Package(
  name: "Training", platforms: [.macOS(.v15)], dependencies: [.package(path: "$root")],
  targets: [.executableTarget(name: "Training", dependencies: [.product(name: "Apus", package: "$name")])])
END
${SWIFT:-swift} build -c release --package-path "$package" --product Training
program=$package/.build/release/Training

lines=
for seed in 1 2 3; do
  row="| $seed |"
  for kernel in direct winograd; do
    result=$(APUS_CONV=$kernel "$program" "$package/data" $seed)
    echo "seed $seed, $kernel: loss and accuracy $result"
    row="$row ${result% *} | ${result#* } % |"
  done
  lines="$lines$row
"
done

# The mean over the seeds of a column of the table, with as many digits as the column has.
mean() {
  printf %s "$lines" | awk -F'|' -v column="$1" '
    { value = $column; gsub(/[ %]/, "", value); digits = length(value) - index(value, "."); sum += value; rows++ }
    END { printf "%.*f", digits, sum / rows }'
}

# What the section held before is replaced. A substitution drops empty lines at the end.
cat > "$package/document" <<END
$(sed "/^$heading/,\$d" "$document")

$heading

ResNet-18 (small stem) on 3,200 images of Fashion-MNIST at 14 × 14, three epochs of stochastic gradient descent: mean loss
of the last epoch and accuracy on 2,000 test images. A row has the same initial values and the same order of images;
\`Scripts/compare-convolution-training.sh\` writes this section.

| seed | direct: loss | accuracy | Winograd: loss | accuracy |
|---|---|---|---|---|
$(printf %s "$lines")
| mean | $(mean 3) | $(mean 4) % | $(mean 5) | $(mean 6) % |
END
mv "$package/document" "$document"
