import ApusTensor

/// The directions in which examples vary most (Pearson 1901; Hotelling 1933), by the singular value decomposition of the
/// centred examples.
public struct PrincipalComponents: Sendable {
  /// `[features]`
  public let mean: Tensor
  /// Orthonormal rows, those of the largest variance first: `[components, features]`. The element of the largest
  /// magnitude of each is positive.
  public let components: Tensor
  /// The variance of the examples along each component, divided by the examples less one: `[components]`.
  public let variances: Tensor
  /// Each variance as a share of that of all features: `[components]`.
  public let varianceShares: Tensor

  /// - Parameters:
  ///   - examples: `[examples, features]`, two examples or more.
  ///   - count: How many components; as many as there are unless given.
  public init(_ examples: Tensor, count: Int? = nil) {
    let most = examples.rank == 2 ? min(examples.shape[0], examples.shape[1]) : 0
    let count = count ?? most
    guard examples.rank == 2, examples.shape[0] >= 2, (1...max(1, most)).contains(count) else {
      let mistake = Tensor.mistake(
        "PrincipalComponents: \(count) components of examples \(examples.shape), expected [examples, features] with two "
          + "examples or more, and 1 to \(most) components")
      (mean, components, variances, varianceShares) = (mistake, mistake, mistake, mistake)
      return
    }
    mean = examples.mean(axis: 0)
    let (_, values, directions) = (examples - mean).svd()
    let all = values.squared() / Double(examples.shape[0] - 1)
    components = Self.turned(directions[..<count])
    variances = all[..<count]
    varianceShares = variances / all.sum()
  }

  /// Examples by their components: `[examples, features]` to `[examples, components]`.
  public func transformed(_ examples: Tensor) -> Tensor { (examples - mean).matmul(components.transposed()) }

  /// What the components say of examples: `[examples, components]` to `[examples, features]`.
  public func reconstructed(_ scores: Tensor) -> Tensor { scores.matmul(components) + mean }
}
