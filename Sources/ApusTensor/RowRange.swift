import ApusCore

extension Tensor {
  /// The indices as `int32`, each seen to be in `0..<rows` when it is computed.
  func checkedRows(_ rows: Int, _ name: String) -> Tensor {
    if count == 0 { return cast(to: .int32) }
    return Tensor.custom(RowRange(caller: name, rows: rows), [cast(to: .int64)])[0]
  }
}

/// Passes row numbers on and stops at one that there is no row for: nobody can tell before the program runs.
private struct RowRange: CustomOperation {
  let caller: String
  let rows: Int

  var name: String { "row_range" }

  func outputs(_ inputs: [TensorSpec]) throws(OpError) -> [TensorSpec] { [TensorSpec(inputs[0].shape, .int32)] }

  func run(
    _ inputs: [UnsafeRawBufferPointer], _ specs: [TensorSpec], into outputs: [UnsafeMutableRawBufferPointer]
  ) {
    let (numbers, result) = (inputs[0].bindMemory(to: Int64.self), outputs[0].bindMemory(to: Int32.self))
    for (place, number) in numbers.enumerated() {
      let isInside = 0 <= number && number < rows
      if !isInside {
        let index = specs[0].shape.position(of: place)
        _ = Mistakes.report(OpError("\(caller): index \(number) at \(index), expected 0..<\(rows)"))
      }
      result[place] = isInside ? Int32(number) : 0
    }
  }
}

extension Shape {
  /// The indices of an element by its place in row-major order.
  fileprivate func position(of place: Int) -> [Int] {
    zip(denseStrides, self).map { $1 == 0 ? 0 : place / $0 % $1 }
  }
}
