import ApusNN
import ApusTensor

/// A model that is asked, of examples with noise in them, which noise it is, or where they should move to: what
/// diffusions and flows learn.
public protocol NoisePredictor: Module {
  /// How many classes of examples it can be told; 0 where it is told none.
  var classes: Int { get }

  /// - Parameters:
  ///   - x: `[batch, …]`.
  ///   - time: How much noise there is, `[batch]`: the number of a step out of 1,000 or so.
  ///   - labels: The class of each example, integers `[batch]`; `classes` where it is not told. Nil for a model without
  ///     classes.
  /// - Returns: Of the shape of `x`.
  func callAsFunction(_ x: Tensor, time: Tensor, labels: Tensor?) -> Tensor
}

extension NoisePredictor {
  /// Classifier-free guidance: (1 + w) ε(x, c) − w ε(x), both computed as one batch (Ho & Salimans 2022, equation 6).
  ///
  /// - Parameter guidance: w; 0 is the model as it is, more makes examples more typical of their classes and less varied.
  public func guided(_ x: Tensor, time: Tensor, labels: Tensor?, guidance: Double) -> Tensor {
    guard let labels, guidance != 0 else { return self(x, time: time, labels: labels) }
    let untold = Tensor.full(classes, labels.shape, dtype: labels.dtype)
    let both = self(
      concatenate([x, x]), time: concatenate([time, time]), labels: concatenate([labels, untold])
    ).split(2, axis: 0)
    return both[0] * (1 + guidance) - both[1] * guidance
  }
}

/// Times as sines and cosines of half of the features each, their wavelengths from 2π to 20,000π: `[batch]` to `[batch,
/// features]` (Ho et al. 2020, after Vaswani et al. 2017).
public func sinusoidalTimes(_ time: Tensor, features: Int) -> Tensor {
  guard time.rank == 1, features >= 4, features % 2 == 0 else {
    return .mistake(
      "sinusoidalTimes: times \(time.shape) as \(features) features, expected [batch] and an even number from 4 on")
  }
  let half = features / 2
  let exponents = Tensor.range(half, dtype: .float64) / Double(half - 1)
  let rates = Tensor(1e-4, dtype: .float64).power(exponents).cast(to: .float32)
  let angles = time.cast(to: .float32).expandingAxis(1) * rates
  return concatenate([angles.sin(), angles.cos()], axis: 1)
}

/// What a time, and a class where there are such, mean to the layers of a model: sines and cosines through two linear
/// layers, `[batch]` to `[batch, outputs]`.
public final class TimeEmbedding: Module {
  public let dense: [Linear]
  /// `[classes + 1, outputs]`: the last row is for examples whose class is not told.
  public let label: Embedding?
  private let features: Int

  /// - Parameters:
  ///   - features: Sines and cosines.
  ///   - classes: 0 for a model that is told none.
  public init(_ features: Int, _ outputs: Int, classes: Int = 0, key: inout RandomKey) {
    self.features = features
    dense = [Linear(features, outputs, key: &key), Linear(outputs, outputs, key: &key)]
    label = classes > 0 ? Embedding(classes + 1, outputs, key: &key) : nil
  }

  public func callAsFunction(_ time: Tensor, labels: Tensor?) -> Tensor {
    let embedded = dense[1](dense[0](sinusoidalTimes(time, features: features)).silu())
    switch (label, labels) {
    case (nil, nil): return traced(embedded)
    case (let label?, let labels?): return traced(embedded + label(labels))
    default:
      return .mistake("TimeEmbedding: labels \(labels == nil ? "are missing" : "for a model without classes")")
    }
  }
}
