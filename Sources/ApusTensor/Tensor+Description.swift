import ApusCore

/// Prints as NumPy's arrays do: aligned columns, shortest digits that tell the values apart (8 after the point at
/// most), and `...` in place of the middle of large arrays.
extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  public var description: String {
    if node.isSymbolic { return "Tensor(\(node.type), traced)" }
    return ArrayText(self).text
  }

  /// The description with shape and type, and for a tensor that is not evaluated yet only those.
  public var debugDescription: String {
    node.value == nil ? "Tensor(\(node.type), pending)" : "\(description) \(node.type)"
  }
}

private struct ArrayText {
  private let shape: Shape
  private let cells: [String]
  private let strides: [Int]
  private let isCut: Bool

  /// How many elements make NumPy leave out the middle, and how many it keeps at each edge.
  private static let threshold = 1000
  private static let edge = 3

  init(_ tensor: Tensor) {
    shape = tensor.shape
    strides = shape.denseStrides
    isCut = tensor.count > ArrayText.threshold
    let shown = ArrayText.shownOffsets(shape, strides, isCut)
    var cells = [String](repeating: "", count: tensor.count)
    let texts = tensor.count == 0 ? [] : ArrayText.format(tensor, shown)
    for (offset, text) in zip(shown, texts) { cells[offset] = text }
    self.cells = cells
  }

  var text: String {
    if shape.elementCount == 0 { return "[]" }
    return shape.rank == 0 ? cells[0] : text(axis: 0, offset: 0, indent: 1)
  }

  private func text(axis: Int, offset: Int, indent: Int) -> String {
    let isLast = axis == shape.rank - 1
    var parts = ArrayText.shownPlaces(shape[axis], isCut).map { place in
      guard let place else { return "..." }
      let next = offset + place * strides[axis]
      return isLast ? cells[next] : text(axis: axis + 1, offset: next, indent: indent + 1)
    }
    if isLast { return ArrayText.wrapped(parts, indent: indent) }
    let gap = String(repeating: "\n", count: shape.rank - axis - 1) + String(repeating: " ", count: indent)
    for i in parts.indices.dropFirst() { parts[i] = gap + parts[i] }
    return "[" + parts.joined() + "]"
  }

  /// A row, broken at 75 columns less the brackets that close.
  private static func wrapped(_ cells: [String], indent: Int) -> String {
    var lines = [""]
    for cell in cells {
      if !lines[lines.count - 1].isEmpty, indent + lines[lines.count - 1].count + 1 + cell.count > 75 - indent {
        while lines[lines.count - 1].last == " " { lines[lines.count - 1].removeLast() }
        lines.append("")
      }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + cell
    }
    return "[" + lines.joined(separator: "\n" + String(repeating: " ", count: indent)) + "]"
  }

  /// The places of an axis that are shown; nil stands for those left out.
  private static func shownPlaces(_ size: Int, _ isCut: Bool) -> [Int?] {
    guard isCut, size > 2 * edge else { return Array(0..<size) }
    return Array(0..<edge) + [nil] + Array((size - edge)..<size)
  }

  private static func shownOffsets(_ shape: Shape, _ strides: [Int], _ isCut: Bool) -> [Int] {
    shape.indices.reduce([0]) { offsets, axis in
      let places = shownPlaces(shape[axis], isCut).compactMap { $0 }
      return offsets.flatMap { offset in places.map { offset + $0 * strides[axis] } }
    }
  }

  private static func format(_ tensor: Tensor, _ shown: [Int]) -> [String] {
    switch tensor.dtype {
    case .bool:
      let values = tensor.scalars(Bool.self)
      return padded(shown.map { values[$0] ? "True" : "False" })
    case .int64:
      // A double would not hold them all.
      let values = tensor.scalars(Int64.self)
      return padded(shown.map { String(values[$0]) })
    case .uint64:
      let values = tensor.scalars(UInt64.self)
      return padded(shown.map { String(values[$0]) })
    case .uint8, .int8, .int16, .uint16, .int32, .uint32:
      let values = tensor.doubles()
      return padded(shown.map { String(Int(values[$0])) })
    case .float16, .bfloat16, .float32, .float64:
      let (values, isSingle) = (tensor.doubles(), tensor.dtype != .float64)
      return tensor.rank == 0
        ? [NumberFormat.single(values[0], isSingle: isSingle)]
        : NumberFormat(shown.map { values[$0] }, isSingle: isSingle).texts
    }
  }

  private static func padded(_ texts: [String]) -> [String] {
    let width = texts.map(\.count).max() ?? 0
    return texts.map { String(repeating: " ", count: width - $0.count) + $0 }
  }
}
