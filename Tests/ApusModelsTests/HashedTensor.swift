import Apus

/// The values of `mixed` in the fixtures' programs, times a scale and moved by an offset.
func hashedTensor(_ shape: Shape, _ stream: UInt32, _ offset: Double, _ scale: Double) -> Tensor {
  let values = [Float](unsafeUninitializedCapacity: shape.elementCount) { values, count in
    for index in 0..<shape.elementCount {
      var x = UInt32(truncatingIfNeeded: index) &* 2_654_435_761 ^ (stream &* 0x9E37_79B9)
      x ^= x >> 16
      x = x &* 0x85EB_CA6B
      x ^= x >> 13
      values[index] = Float(offset + (Double(x) * 0x1p-31 - 1) * scale)
    }
    count = shape.elementCount
  }
  return Tensor(values, shape: shape)
}
