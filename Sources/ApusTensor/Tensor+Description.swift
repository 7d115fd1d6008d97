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
  /// The elements that are shown, in row-major order.
  private let cells: [String]
  private let isCut: Bool

  /// How many elements make NumPy leave out the middle, and how many it keeps at each edge.
  private static let threshold = 1000
  private static let edge = 3

  init(_ tensor: Tensor) {
    shape = tensor.shape
    isCut = tensor.count > ArrayText.threshold
    cells = tensor.count == 0 ? [] : ArrayText.format(tensor, ArrayText.shownOffsets(shape, isCut))
  }

  var text: String {
    if shape.elementCount == 0 { return "[]" }
    var cells = cells[...]
    return shape.rank == 0 ? cells[0] : text(axis: 0, indent: 1, &cells)
  }

  /// The text of one part of the array, which takes its elements from `cells`.
  private func text(axis: Int, indent: Int, _ cells: inout ArraySlice<String>) -> String {
    let isLast = axis == shape.rank - 1
    var parts: [String] = []
    for place in ArrayText.shownPlaces(shape[axis], isCut) {
      if place == nil {
        parts.append("...")
      } else {
        parts.append(isLast ? cells.removeFirst() : text(axis: axis + 1, indent: indent + 1, &cells))
      }
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

  private static func shownOffsets(_ shape: Shape, _ isCut: Bool) -> [Int] {
    let strides = shape.denseStrides
    return shape.indices.reduce([0]) { offsets, axis in
      let places = shownPlaces(shape[axis], isCut).compactMap { $0 }
      return offsets.flatMap { offset in places.map { offset + $0 * strides[axis] } }
    }
  }

  private static func format(_ tensor: Tensor, _ shown: [Int]) -> [String] {
    let values = scalars(tensor, shown)
    if tensor.dtype == .bool { return padded(values.map { $0.bits != 0 ? "True" : "False" }) }
    guard tensor.dtype.isFloat else { return padded(values.map(\.description)) }
    let isSingle = tensor.dtype != .float64
    return tensor.rank == 0
      ? [NumberFormat.single(values[0].doubleValue, isSingle: isSingle)]
      : NumberFormat(values.map(\.doubleValue), isSingle: isSingle).texts
  }

  /// The elements at some offsets: the others are not looked at.
  private static func scalars(_ tensor: Tensor, _ offsets: [Int]) -> [Scalar] {
    let (buffer, dtype) = (tensor.buffer, tensor.dtype)
    return withExtendedLifetime(buffer) {
      let bytes = buffer.bytes
      return offsets.map { offset in
        let place = offset * dtype.byteCount
        let bits: UInt64 =
          switch dtype.byteCount {
          case 1: UInt64(bytes[place])
          case 2: UInt64(bytes.load(fromByteOffset: place, as: UInt16.self))
          case 4: UInt64(bytes.load(fromByteOffset: place, as: UInt32.self))
          default: bytes.load(fromByteOffset: place, as: UInt64.self)
          }
        return Scalar(bits: bits, dtype)
      }
    }
  }

  private static func padded(_ texts: [String]) -> [String] {
    let width = texts.map(\.count).max() ?? 0
    return texts.map { String(repeating: " ", count: width - $0.count) + $0 }
  }
}
