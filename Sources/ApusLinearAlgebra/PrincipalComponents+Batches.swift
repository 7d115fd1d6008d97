import ApusTensor

extension PrincipalComponents {
  /// Those of more examples than fit into one decomposition: eigenvectors of the covariance, which is added up batch by
  /// batch in double precision.
  ///
  /// - Parameters:
  ///   - batches: `[examples, features]` each.
  ///   - count: How many components: no more than there are features.
  public init(ofBatches batches: some Sequence<Tensor>, count: Int) {
    var shift: Tensor?
    var sum = Tensor(0, dtype: .float64)
    var products = Tensor(0, dtype: .float64)
    var examples = 0
    for batch in batches where batch.rank == 2 && batch.shape[0] > 0 {
      let exact = batch.cast(to: .float64)
      // Moments about a point near the mean lose no digits.
      let origin = shift ?? exact.mean(axis: 0).evaluated()
      shift = origin
      let centred = exact - origin
      sum = sum + centred.sum(axis: 0)
      products = products + centred.transposed().matmul(centred)
      Tensor.evaluate([sum, products])
      examples += batch.shape[0]
    }
    guard let shift, examples >= 2, (1...shift.count).contains(count) else {
      let features = shift?.count ?? 0
      let mistake = Tensor.mistake(
        "PrincipalComponents: \(count) components of \(examples) examples of \(features) features, expected two examples "
          + "or more, and 1 to \(features) components")
      self.init(mean: mistake, components: mistake, variances: mistake, varianceShares: mistake)
      return
    }
    let offset = sum / Double(examples)
    let outer = offset.expandingAxis(1) * offset.expandingAxis(0)
    let covariance = (products - outer * Double(examples)) / Double(examples - 1)
    let (values, vectors) = covariance.symmetricEigen()
    // In ascending order they come; rounding may leave what is nothing below 0.
    let all = maximum(values.flipped(axis: 0), 0)
    let rows = vectors.transposed().flipped(axis: 0)[..<count]
    self.init(
      mean: (shift + offset).cast(to: .float32), components: Self.turned(rows).cast(to: .float32),
      variances: all[..<count].cast(to: .float32), varianceShares: (all[..<count] / all.sum()).cast(to: .float32))
  }

  /// Rows whose element of the largest magnitude is positive.
  static func turned(_ rows: Tensor) -> Tensor {
    let largest = rows.takeAlong(rows.abs().argMax(axis: 1).expandingAxis(1), axis: 1)
    return rows * largest.sign()
  }

  private init(mean: Tensor, components: Tensor, variances: Tensor, varianceShares: Tensor) {
    (self.mean, self.components) = (mean, components)
    (self.variances, self.varianceShares) = (variances, varianceShares)
  }
}
