import Apus

/// Numbers made by a formula that any program can repeat, so that a comparison computes the same thing.
///
/// The formula is in `Benchmarks/hashed_values.py`, the first values of parameters in `Benchmarks/parameter_lists.py`.
enum HashedValues {
  /// Element `i` of stream `s`, spread evenly over ±`scale`.
  static func tensor(_ shape: Shape, stream: Int, scale: Double) -> Tensor {
    Tensor(
      (0..<shape.elementCount).map { Float((Double(bits($0, stream)) / 0x1p32 - 0.5) * 2 * scale) }, shape: shape)
  }

  /// 32 mixed bits.
  private static func bits(_ index: Int, _ stream: Int) -> UInt32 {
    var x = UInt32(truncatingIfNeeded: index) &* 2_654_435_761 ^ (UInt32(stream) &* 0x9E37_79B9)
    x ^= x >> 16
    x = x &* 0x85EB_CA6B
    x ^= x >> 13
    return x
  }

  /// Operands of one operation: streams 1, 2, 3, …
  static func operands(_ shapes: Shape..., scale: Double = 1) -> [Tensor] {
    shapes.enumerated().map { tensor($1, stream: $0 + 1, scale: scale) }
  }

  /// Images in 0…1 and the labels 0, 1, 2, …
  static func images(_ shape: Shape, classes: Int) -> (Tensor, Tensor) {
    let images = tensor(shape, stream: 100, scale: 0.5) + 0.5
    return (images.evaluated(), labels(shape[0], classes: classes))
  }

  static func labels(_ count: Int, classes: Int) -> Tensor { Tensor((0..<count).map { Int32($0 % classes) }) }

  /// Token numbers and the ones that follow them, `[batch, time]`.
  static func tokens(batch: Int, time: Int, vocabulary: Int) -> (Tensor, Tensor) {
    func tokens(from start: Int) -> Tensor {
      let numbers = (0..<batch * time).map { place -> Int32 in
        let index = place / time * (time + 1) + place % time + start
        return Int32(bits(index, 101) % UInt32(vocabulary))
      }
      return Tensor(numbers, shape: [batch, time])
    }
    return (tokens(from: 0), tokens(from: 1))
  }

  /// Gives a model its first values. A parameter's stream is its place among the parameters.
  ///
  /// - Parameter gain: The scale of a weight is √(gain / fanIn).
  static func fill(_ model: Module, gain: Double) {
    for (number, entry) in model.parameters.enumerated() {
      let shape = entry.slot.tensor!.shape
      let scale: Double
      switch (shape.rank, entry.path) {
      case (_, "transformer.wte.weight"), (_, "embedding.weight"): scale = 1
      case (_, "transformer.wpe.weight"): scale = 0.1
      case (4, _): scale = (gain / Double(shape[0] * shape[1] * shape[2])).squareRoot()
      case (2, _): scale = (gain / Double(shape[1])).squareRoot()
      default: scale = 0
      }
      if scale > 0 {
        entry.slot.tensor = tensor(shape, stream: number, scale: scale)
      } else {
        // The weight of a norm, or a bias.
        entry.slot.tensor = entry.path.hasSuffix("weight") ? .ones(shape) : .zeros(shape)
      }
    }
    model.evaluate()
  }
}
