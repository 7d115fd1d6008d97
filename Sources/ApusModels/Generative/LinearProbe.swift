import ApusNN
import ApusOptim
import ApusTensor

/// How much codes say about classes: a linear classifier on them (Alain & Bengio 2017), multinomial logistic regression as
/// scikit-learn's, on standardised features, fitted by L-BFGS.
public struct LinearProbe {
  /// `[features]` each: what is taken off, and what that is divided by.
  public let means: Tensor
  public let deviations: Tensor
  public let linear: Linear

  /// Fits the classifier: Σ cross-entropy + ‖W‖² / (2 C) is lowered over all examples.
  ///
  /// - Parameters:
  ///   - codes: `[examples, features]`
  ///   - labels: Class numbers, `[examples]`.
  ///   - strength: 1 / C: how much weights cost.
  ///   - iterations: At most.
  public init(_ codes: Tensor, _ labels: Tensor, classes: Int, strength: Double = 1, iterations: Int = 200) {
    let examples = Double(max(1, codes.shape[0]))
    let average = codes.mean(axis: 0)
    let deviation = (codes - average).squared().mean(axis: 0).sqrt()
    means = average.evaluated()
    // What never changes says nothing.
    deviations = select(deviation .> 0, deviation, 1).evaluated()
    var key = RandomKey(0)
    linear = Linear(codes.shape[1], classes, initializer: .zeros, key: &key)
    linear.bias = .zeros([classes])
    let features = ((codes - means) / deviations).evaluated()
    let optimizer = LBFGS(
      linear, maxIterations: iterations, gradientTolerance: 1e-6, historySize: 20, search: .strongWolfe)
    // The mean, so that steps of length 1 are tried first; the penalty is divided alike.
    let evaluate = compile(updating: [linear]) { [linear] inputs in
      let (loss, gradients) = valueAndGrad(linear) {
        crossEntropy(linear(inputs[0]), inputs[1]) + Penalty.l2(strength / examples)(linear)
      }
      return [loss] + gradients
    }
    optimizer.step {
      let results = evaluate([features, labels])
      return (results[0], Array(results.dropFirst()))
    }
  }

  /// Logits `[examples, classes]` of codes.
  public func callAsFunction(_ codes: Tensor) -> Tensor { linear((codes - means) / deviations) }

  /// The share of labels that it gets right.
  public func accuracy(_ codes: Tensor, _ labels: Tensor) -> Double {
    (self(codes).argMax() .== labels).cast(to: .float32).mean().item()
  }
}
