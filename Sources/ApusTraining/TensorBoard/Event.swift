import ApusNN
import ApusTensor

/// One record of a TensorBoard event file: `event.proto` of TensorFlow.
public struct Event: Sendable {
  /// When, in seconds since 1970.
  public let time: Double
  public let step: Int
  let content: Content

  enum Content: Sendable {
    case version
    case summary(tag: String, Value)
    case graph(GraphDescription)
    /// Training goes on from here: viewers drop what was written about this step and later ones before.
    case sessionStart
  }

  enum Value: Sendable {
    case scalar(Double)
    case histogram(Histogram)
    case image(png: [UInt8], width: Int, height: Int, channels: Int)
    case text(String)
  }

  /// The message.
  var bytes: [UInt8] {
    var event = ProtocolBuffer()
    event.double(1, time)
    event.integer(2, step)
    switch content {
    case .version: event.text(3, "brain.Event:2")
    case .graph(let graph): event.data(4, graph.bytes)
    case .summary(let tag, let value):
      event.message(5) { summary in
        summary.message(1) { part in
          part.text(1, tag)
          Event.write(value, to: &part)
        }
      }
    case .sessionStart: event.message(7) { $0.integer(1, 1) }
    }
    return event.bytes
  }

  private static func write(_ value: Value, to part: inout ProtocolBuffer) {
    switch value {
    case .scalar(let number): part.float(2, Float(number), evenIfZero: true)
    case .image(let png, let width, let height, let channels):
      part.message(4) { image in
        image.integer(1, height)
        image.integer(2, width)
        image.integer(3, channels)
        image.data(4, png)
      }
    case .histogram(let histogram):
      part.message(5) { message in
        message.double(1, histogram.least)
        message.double(2, histogram.greatest)
        message.double(3, Double(histogram.count))
        message.double(4, histogram.sum)
        message.double(5, histogram.sumOfSquares)
        message.doubles(6, histogram.limits)
        message.doubles(7, histogram.counts.map(Double.init))
      }
    case .text(let text):
      part.message(8) { tensor in
        tensor.integer(1, Event.stringType)
        tensor.message(2) { shape in shape.message(2) { $0.integer(1, 1) } }
        tensor.data(8, Array(text.utf8))
      }
      part.message(9) { metadata in metadata.message(1) { $0.text(1, "text") } }
    }
  }

  /// `DT_STRING`.
  private static let stringType = 7

  /// The record as it stands in a file: length, check of it, message, check of it.
  var record: [UInt8] {
    let message = bytes
    let length = Event.littleEndian(UInt64(message.count))
    return length + Event.littleEndian(CRC32C.masked(length)) + message + Event.littleEndian(CRC32C.masked(message))
  }

  private static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    stride(from: 0, to: T.bitWidth, by: 8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
  }
}

/// How numbers are spread: how many fall between neighbouring limits.
public struct Histogram: Hashable, Sendable {
  public let count: Int
  public let least: Double
  public let greatest: Double
  public let sum: Double
  public let sumOfSquares: Double
  /// The upper end of each bin; the first begins at ``least``.
  public let limits: [Double]
  public let counts: [Int]

  /// A histogram of equal bins. Numbers that are infinite or none are left out.
  public init(_ values: [Double], bins: Int = 30) {
    precondition(bins > 0, "Histogram: \(bins) bins, expected at least 1")
    let values = values.filter(\.isFinite)
    let (low, high) = (values.min() ?? 0, values.max() ?? 0)
    // Numbers that are all the same have one bin, of width 0.
    let bins = high > low ? bins : (values.isEmpty ? 0 : 1)
    let width = (high - low) / Double(max(1, bins))
    var counts = [Int](repeating: 0, count: bins)
    for value in values { counts[width > 0 ? min(bins - 1, Int((value - low) / width)) : 0] += 1 }
    count = values.count
    (least, greatest) = (low, high)
    sum = values.reduce(0, +)
    sumOfSquares = values.reduce(0) { $0 + $1 * $1 }
    limits = (0..<bins).map { $0 == bins - 1 ? high : low + width * Double($0 + 1) }
    self.counts = counts
  }
}

/// A model's layers as TensorBoard's graph: a node for each call, joined with those that its input is from; where that is
/// not known, with the one before.
struct GraphDescription: Sendable {
  struct Node: Sendable {
    let name: String
    let kind: String
    let inputs: [String]
    let output: [Int]?
    let parameters: Int
  }

  let nodes: [Node]

  init(_ summary: ModelSummary) {
    var nodes = [Node(name: "input", kind: "Placeholder", inputs: [], output: nil, parameters: 0)]
    var uses: [String: Int] = [:]
    var names: [Int: String] = [:]
    for (place, row) in summary.rows.enumerated() where !row.isGroup {
      // Slashes are what modules are grouped by; names that come again are told apart.
      let path = row.path.isEmpty ? row.kind : row.path.split(separator: ".").joined(separator: "/")
      uses[path, default: 0] += 1
      let name = uses[path] == 1 ? path : "\(path)_\(uses[path]! - 1)"
      names[place] = name
      let sources = row.sources?.compactMap { source in
        switch source {
        case .input: "input"
        case .row(let place): names[place]
        }
      }
      nodes.append(
        Node(
          name: name, kind: row.kind, inputs: sources ?? [nodes[nodes.count - 1].name],
          output: row.output.map(Array.init),
          parameters: row.parameters))
    }
    self.nodes = nodes
  }

  /// `GraphDef`.
  var bytes: [UInt8] {
    var graph = ProtocolBuffer()
    for node in nodes {
      graph.message(1) { message in
        message.text(1, node.name)
        message.text(2, node.kind)
        for input in node.inputs { message.text(3, input) }
        if let output = node.output {
          GraphDescription.attribute("_output_shapes", of: &message) { value in
            value.message(1) { list in
              list.message(7) { shape in for size in output { shape.message(2) { $0.integer(1, size) } } }
            }
          }
        }
        if node.parameters > 0 {
          GraphDescription.attribute("parameters", of: &message) { $0.integer(3, node.parameters) }
        }
      }
    }
    graph.message(4) { $0.integer(1, 22) }
    return graph.bytes
  }

  private static func attribute(
    _ name: String, of node: inout ProtocolBuffer, _ make: (inout ProtocolBuffer) -> Void
  ) {
    node.message(5) { entry in
      entry.text(1, name)
      entry.message(2, make)
    }
  }
}
