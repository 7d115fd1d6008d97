"""Reads a directory of event files with the tensorboard package and prints what it found as JSON.

python Tests/Fixtures/read_events.py DIRECTORY
"""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator

everything = {name: 0 for name in ("scalars", "histograms", "images", "tensors", "compressedHistograms")}
events = event_accumulator.EventAccumulator(sys.argv[1], size_guidance=everything).Reload()
tags = events.Tags()
texts = {tag: [t.tensor_proto.string_val[0].decode() for t in events.Tensors(tag)] for tag in tags["tensors"]}
result = {
    "scalars": {tag: [[x.step, x.value] for x in events.Scalars(tag)] for tag in tags["scalars"]},
    "histograms": {
        tag: [[x.step, x.histogram_value.num, sum(x.histogram_value.bucket)] for x in events.Histograms(tag)]
        for tag in tags["histograms"]
    },
    "images": {tag: [[x.step, x.width, x.height] for x in events.Images(tag)] for tag in tags["images"]},
    "texts": texts,
    "nodes": [node.name for node in events.Graph().node] if tags["graph"] else [],
    "edges": {node.name: list(node.input) for node in events.Graph().node} if tags["graph"] else {},
}
print(json.dumps(result))
