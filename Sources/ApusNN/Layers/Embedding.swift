import ApusTensor

/// A table of vectors looked up by number: integers `[…]` to `[…, features]`.
public final class Embedding: Module, Layer {
  /// `[vocabulary, features]`
  @Parameter public var weight: Tensor
  public let paddingIndex: Int?
  public let maxNorm: Double?
  public let normType: Double

  /// - Parameters:
  ///   - paddingIndex: A row that starts at zero and is not trained, counted from the end when negative.
  ///   - maxNorm: Rows whose norm is larger are scaled down to it where they are looked up; see ``renormalize(_:)``.
  ///   - normType: p of the norm.
  ///   - sparse: Whether ``valueAndSparseGrad(_:_:)`` gives the table's gradient as the rows that were looked up.
  ///   - initializer: Standard normal unless given, as PyTorch's.
  public init(
    _ vocabulary: Int, _ features: Int, paddingIndex: Int? = nil, maxNorm: Double? = nil, normType: Double = 2,
    sparse: Bool = false, initializer: Initializer = .normal(standardDeviation: 1), key: inout RandomKey
  ) {
    (self.paddingIndex, self.maxNorm, self.normType) = (paddingIndex, maxNorm, normType)
    weight = newTable("Embedding", vocabulary, features, paddingIndex, initializer, key: &key)
    _weight.hasSparseGradient = sparse
  }

  public func callAsFunction(_ indices: Tensor) -> Tensor {
    traced(
      lookUp(indices, in: weight, paddingIndex: paddingIndex, maxNorm: maxNorm, normType: normType))
  }

  /// Scales the rows at these indices down in the table itself where their norm is above `maxNorm`, as PyTorch does
  /// whenever it looks rows up. Lookups give such rows in any case; a training step calls this before it takes gradients
  /// for the table to be updated from the smaller rows.
  public func renormalize(_ indices: Tensor) {
    guard let maxNorm else { return }
    weight = weight.renormalizingRows(indices, maxNorm: maxNorm, normType: normType)
  }
}

/// What rows a bag of them becomes.
public enum BagReduction: String, Hashable, Sendable, CaseIterable {
  case sum, mean, max
}

/// Vectors of a table, looked up by number and put together by the bag: integers `[bags, entries]`, or `[entries]` and
/// where each bag begins, to `[bags, features]`. A bag without entries gives zeros.
public final class EmbeddingBag: Module, Layer {
  /// `[vocabulary, features]`
  @Parameter public var weight: Tensor
  public let reduction: BagReduction
  public let paddingIndex: Int?
  public let maxNorm: Double?
  public let normType: Double

  /// - Parameters:
  ///   - paddingIndex: A row that starts at zero, is not trained and counts for nothing in a bag.
  ///   - maxNorm: Rows whose norm is larger are scaled down to it where they are looked up; see ``renormalize(_:)``.
  ///   - normType: p of the norm.
  ///   - sparse: Whether ``valueAndSparseGrad(_:_:)`` gives the table's gradient as the rows that were looked up.
  ///   - initializer: Standard normal unless given, as PyTorch's.
  public init(
    _ vocabulary: Int, _ features: Int, reduction: BagReduction = .mean, paddingIndex: Int? = nil,
    maxNorm: Double? = nil, normType: Double = 2, sparse: Bool = false,
    initializer: Initializer = .normal(standardDeviation: 1), key: inout RandomKey
  ) {
    (self.reduction, self.paddingIndex, self.maxNorm, self.normType) = (reduction, paddingIndex, maxNorm, normType)
    weight = newTable("EmbeddingBag", vocabulary, features, paddingIndex, initializer, key: &key)
    _weight.hasSparseGradient = sparse
  }

  public func callAsFunction(_ indices: Tensor) -> Tensor { self(indices, weights: nil) }

  /// - Parameters:
  ///   - indices: `[bags, entries]`.
  ///   - weights: Of each entry in a sum, of the indices' shape.
  public func callAsFunction(_ indices: Tensor, weights: Tensor?) -> Tensor {
    guard indices.rank == 2 else {
      return .mistake("EmbeddingBag: indices \(indices.shape), expected [bags, entries]; or give `offsets`")
    }
    guard let rows = entries(indices, weights) else { return .mistake(weightMessage(indices, weights)) }
    let counts = rows.isCounted.sum(axis: 1)
    if indices.shape[1] == 0 { return traced(rows.values.sum(axis: 1)) }
    let whole =
      switch reduction {
      case .sum, .mean: rows.values.sum(axis: 1)
      case .max: rows.values.max(axis: 1)
      }
    return traced(finished(whole, counts))
  }

  /// - Parameters:
  ///   - indices: `[entries]`, one bag after the other.
  ///   - offsets: Where each bag begins, integers `[bags]` in ascending order, the first of them 0.
  ///   - weights: Of each entry in a sum, of the indices' shape.
  public func callAsFunction(_ indices: Tensor, offsets: Tensor, weights: Tensor? = nil) -> Tensor {
    guard indices.rank == 1, offsets.rank == 1, offsets.dtype.isInteger else {
      return .mistake(
        "EmbeddingBag: indices \(indices.shape) and offsets \(offsets.shape), expected [entries] and integers [bags]")
    }
    guard let rows = entries(indices, weights) else { return .mistake(weightMessage(indices, weights)) }
    let bags = offsets.searchSorted(Tensor.range(indices.count, dtype: offsets.dtype), right: true) - 1
    let counts = Tensor.zeros([offsets.count, 1], dtype: weight.dtype).at(bags).adding(rows.isCounted)
    let start = Tensor.full(
      reduction == .max ? -Double.infinity : 0, [offsets.count, weight.shape[1]], dtype: weight.dtype)
    let whole = reduction == .max ? start.at(bags).maximum(rows.values) : start.at(bags).adding(rows.values)
    return traced(finished(whole, counts))
  }

  /// As ``Embedding/renormalize(_:)``.
  public func renormalize(_ indices: Tensor) {
    guard let maxNorm else { return }
    weight = weight.renormalizingRows(indices, maxNorm: maxNorm, normType: normType)
  }

  /// What is reduced, `[…, features]`, and whether each entry counts, `[…, 1]`; nil where weights do not fit.
  private func entries(_ indices: Tensor, _ weights: Tensor?) -> (values: Tensor, isCounted: Tensor)? {
    if let weights, weights.shape != indices.shape || reduction != .sum { return nil }
    var values = lookUp(indices, in: weight, paddingIndex: paddingIndex, maxNorm: maxNorm, normType: normType)
    if let weights { values = values * weights.expandingAxis(-1) }
    guard let paddingIndex else { return (values, .ones(Shape(Array(indices.shape) + [1]), dtype: weight.dtype)) }
    let padding = paddingIndex < 0 ? paddingIndex + weight.shape[0] : paddingIndex
    let isCounted = (indices .!= padding).expandingAxis(-1)
    let nothing = Tensor.full(reduction == .max ? -Double.infinity : 0, values.shape, dtype: values.dtype)
    return (select(isCounted.broadcast(to: values.shape), values, nothing), isCounted.cast(to: weight.dtype))
  }

  private func finished(_ whole: Tensor, _ counts: Tensor) -> Tensor {
    switch reduction {
    case .sum: whole
    case .mean: whole / maximum(counts, 1)
    case .max: select((counts .> 0).broadcast(to: whole.shape), whole, Tensor.zeros(like: whole))
    }
  }

  private func weightMessage(_ indices: Tensor, _ weights: Tensor?) -> String {
    reduction == .sum
      ? "EmbeddingBag: weights \(weights?.shape ?? []) for indices \(indices.shape), expected the same shape"
      : "EmbeddingBag: weights of entries in a \(reduction). Make the layer with `reduction: .sum`"
  }
}

// MARK: What both have in common

private func newTable(
  _ name: String, _ vocabulary: Int, _ features: Int, _ paddingIndex: Int?, _ initializer: Initializer,
  key: inout RandomKey
) -> Tensor {
  guard vocabulary >= 1, features >= 0 else {
    return .mistake("\(name): a table of \(vocabulary) rows of \(features) features, expected at least one row")
  }
  var table = initializer([vocabulary, features], fanIn: vocabulary, fanOut: features, key: &key)
  if let paddingIndex {
    guard (-vocabulary..<vocabulary).contains(paddingIndex) else {
      return .mistake("\(name): paddingIndex \(paddingIndex), expected \(-vocabulary)..<\(vocabulary)")
    }
    table[paddingIndex] = .zeros([features])
  }
  return table
}

private func lookUp(
  _ indices: Tensor, in table: Tensor, paddingIndex: Int?, maxNorm: Double?, normType: Double
) -> Tensor {
  let rows = embedding(indices, table: table, paddingIndex: paddingIndex)
  guard let maxNorm, table.rank == 2 else { return rows }
  // The smaller row is what is differentiated, not the scaling.
  let list = rows.stoppingGradient().reshaped(to: [indices.count, table.shape[1]])
  let smaller = list.renormalized(to: maxNorm, axis: 0, order: normType).reshaped(to: rows.shape)
  return rows + (smaller - rows.stoppingGradient())
}

extension Tensor {
  fileprivate func renormalizingRows(_ indices: Tensor, maxNorm: Double, normType: Double) -> Tensor {
    let places = indices.reshaped(to: [indices.count])
    return at(places).replaced(by: take(places, axis: 0).renormalized(to: maxNorm, axis: 0, order: normType))
  }
}
