"""An event file as the tensorboard package writes it: writes events.json. Needs tensorboard, which the environment of the
other fixtures lacks.

python Tests/Fixtures/fixture_events.py
"""

from __future__ import annotations

import io
import json
import platform
from pathlib import Path

import tensorboard
from tensorboard.compat.proto import event_pb2, graph_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

HERE = Path(__file__).resolve().parent
TIMES = [1700000000.25 + number for number in range(8)]
# Not a picture: what is written is what was given.
PICTURE = bytes([0x89, 0x50, 0x4E, 0x47, 0, 255, 7])
VALUES = [-1.0, -0.5, 0.0, 0.25, 0.25, 1.0, 3.0]
BINS = 4


def histogram() -> summary_pb2.HistogramProto:
    low, high = min(VALUES), max(VALUES)
    width = (high - low) / BINS
    counts = [0.0] * BINS
    for value in VALUES:
        counts[min(BINS - 1, int((value - low) / width))] += 1
    return summary_pb2.HistogramProto(
        min=low, max=high, num=len(VALUES), sum=sum(VALUES), sum_squares=sum(x * x for x in VALUES),
        bucket_limit=[low + width * (number + 1) for number in range(BINS)], bucket=counts)


def text(content: str) -> summary_pb2.Summary.Value:
    value = summary_pb2.Summary.Value(tag="run")
    value.tensor.dtype = 7
    value.tensor.tensor_shape.dim.add().size = 1
    value.tensor.string_val.append(content.encode())
    value.metadata.plugin_data.plugin_name = "text"
    return value


def graph() -> bytes:
    """Of Sequential { Linear(3, 16); ReLU(); Linear(16, 2) } on a batch of one."""
    result = graph_pb2.GraphDef()
    result.node.add(name="input", op="Placeholder")
    rows = [("0", "Linear", "input", [1, 16], 64), ("1", "ReLU", "0", [1, 16], 0), ("2", "Linear", "1", [1, 2], 34)]
    for name, kind, source, shape, parameters in rows:
        node = result.node.add(name=name, op=kind, input=[source])
        sizes = node.attr["_output_shapes"].list.shape.add()
        for size in shape:
            sizes.dim.add(size=size)
        if parameters:
            node.attr["parameters"].i = parameters
    result.versions.producer = 22
    return result.SerializeToString(deterministic=True)


def events() -> list[event_pb2.Event]:
    def summary(number: int, step: int, value: summary_pb2.Summary.Value) -> event_pb2.Event:
        return event_pb2.Event(wall_time=TIMES[number], step=step, summary=summary_pb2.Summary(value=[value]))

    value = summary_pb2.Summary.Value
    image = summary_pb2.Summary.Image(height=5, width=300, colorspace=3, encoded_image_string=PICTURE)
    restart = event_pb2.SessionLog(status=event_pb2.SessionLog.START)
    return [
        event_pb2.Event(wall_time=TIMES[0], file_version="brain.Event:2"),
        event_pb2.Event(wall_time=TIMES[1], graph_def=graph()),
        summary(2, 0, text("# Größe\nlenet5")),
        summary(3, 1, value(tag="train/loss", simple_value=0.1)),
        summary(4, 200, value(tag="train/loss", simple_value=0.0)),
        summary(5, 70000, value(tag="weights", histo=histogram())),
        summary(6, 2**40, value(tag="picture", image=image)),
        event_pb2.Event(wall_time=TIMES[7], step=3, session_log=restart),
    ]


def main() -> None:
    file = io.BytesIO()
    writer = RecordWriter(file)
    for event in events():
        writer.write(event.SerializeToString(deterministic=True))
    content = {
        "versions": {
            "tensorboard": tensorboard.__version__, "python": ".".join(platform.python_version_tuple()[:2])},
        "description": "An event file that tensorboard wrote, in hexadecimal digits",
        "times": TIMES,
        "picture": list(PICTURE),
        "values": VALUES,
        "bins": BINS,
        "file": file.getvalue().hex(),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    (HERE / "events.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
