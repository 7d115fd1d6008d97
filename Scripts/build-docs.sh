#!/bin/sh
# Builds the reference of the public API as a web site in .build/docs, from the docstrings.
set -eu
cd "$(dirname "$0")/.."
graphs=.build/symbol-graphs
rm -rf "$graphs" .build/docs
mkdir -p "$graphs"
swift build -c release --scratch-path .build/docs-build --product apus -Xswiftc -emit-symbol-graph -Xswiftc -emit-symbol-graph-dir -Xswiftc "$graphs"
rm -f "$graphs"/C*.symbols.json "$graphs"/ApusCommand*.symbols.json
docc convert Documentation/Apus.docc --additional-symbol-graph-dir "$graphs" --output-path .build/docs \
  --fallback-display-name Apus --fallback-bundle-identifier apus
echo "open .build/docs/index.html through a web server, such as: python3 -m http.server -d .build/docs"
