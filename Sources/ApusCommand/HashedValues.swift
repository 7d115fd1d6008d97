import Apus

/// Numbers made by a formula that any program can repeat, so that a comparison computes the same thing.
enum HashedValues {
  /// Element `i` of stream `s`, spread evenly over ±`scale`.
  static func tensor(_ shape: Shape, stream: UInt32, scale: Double) -> Tensor {
    Tensor((0..<shape.elementCount).map { Float(value($0, stream) * 2 * scale) }, shape: shape)
  }

  private static func value(_ index: Int, _ stream: UInt32) -> Double {
    var x = UInt32(truncatingIfNeeded: index) &* 2_654_435_761 ^ (stream &* 0x9E37_79B9)
    x ^= x >> 16
    x = x &* 0x85EB_CA6B
    x ^= x >> 13
    return Double(x) / 0x1p32 - 0.5
  }

  /// LeNet-5 with weights spread over ±√(6 / fanIn) and biases of zero.
  static func lenet5() -> LeNet5 {
    var key = RandomKey(0)
    let model = LeNet5(key: &key)
    for (number, entry) in model.parameters.enumerated() {
      let shape = entry.slot.tensor!.shape
      let fanIn = shape.rank == 4 ? shape[0] * shape[1] * shape[2] : (shape.rank == 2 ? shape[1] : 0)
      entry.slot.tensor =
        fanIn == 0
        ? .zeros(shape) : tensor(shape, stream: UInt32(number), scale: (6 / Double(fanIn)).squareRoot())
    }
    model.evaluate()
    return model
  }

  /// Images in 0…1 and the labels 0, 1, 2, …
  static func batch(_ count: Int) -> (Tensor, Tensor) {
    let images = tensor([count, 28, 28, 1], stream: 100, scale: 0.5) + 0.5
    return (images.evaluated(), Tensor((0..<count).map { Int32($0 % 10) }))
  }
}
