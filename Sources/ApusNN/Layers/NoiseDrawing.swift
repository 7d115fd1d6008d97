import ApusTensor

/// A layer that keeps the state of its random numbers: it draws others at each call, and a saved model goes on where it
/// was.
protocol DrawingLayer: Layer {
  var key: Tensor { get set }
}

extension DrawingLayer {
  /// What is drawn with the layer's key, which moves on.
  func drawing(_ draw: (inout RandomKey) -> Tensor) -> Tensor {
    var stream = RandomKey(words: key)
    defer { key = stream.words }
    return draw(&stream)
  }
}

/// `probability` if it is one; a mistake that names the layer if not.
func checkedProbability(_ probability: Double, _ layer: String) -> Double {
  let isShare = isPossible(
    (0...1).contains(probability), "\(layer): probability \(probability), expected 0...1")
  return isShare ? probability : 0
}

extension Shape {
  /// One size for each example and channel, one in between: `[batch, 1, …, channels]`.
  var ofChannels: Shape { Shape(indices.map { $0 == 0 || $0 == rank - 1 ? self[$0] : 1 }) }
  /// One size for each example: `[batch, 1, …]`.
  var ofExamples: Shape { Shape(indices.map { $0 == 0 ? self[$0] : 1 }) }
}

extension Tensor {
  /// Zero with `probability` and else scaled by 1 / (1 − probability), decided once for each element of `unit`, a shape
  /// that is broadcast over the tensor's.
  func dropped(_ probability: Double, unit: Shape, key: inout RandomKey) -> Tensor {
    if probability == 1 { return self * 0 }
    let keeps = Tensor.bernoulli(unit, probability: 1 - probability, key: &key)
    return select(keeps, self * (1 / (1 - probability)), Tensor.zeros(like: self))
  }

  /// Alpha dropout (Klambauer et al. 2017, equation 15ff): the value that SELU goes to far below 0 with `probability`,
  /// then scaled and shifted so that mean 0 and variance 1 stay.
  func alphaDropped(_ probability: Double, unit: Shape, key: inout RandomKey) -> Tensor {
    if probability == 1 { return self * 0 }
    let low = -SELUConstants.alpha * SELUConstants.scale
    let scale = 1 / ((1 - probability) * (1 + probability * low * low)).squareRoot()
    let keeps = Tensor.bernoulli(unit, probability: 1 - probability, key: &key)
    return select(keeps, self, low) * scale - scale * probability * low
  }
}
