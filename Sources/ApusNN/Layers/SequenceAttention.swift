import ApusTensor

/// Additive attention (Bahdanau, Cho & Bengio 2015): a query sees each key by v · tanh(W·query + U·key).
///
/// Queries `[batch, queryTime, queryFeatures]`, keys and values `[batch, keyTime, …]`.
public final class BahdanauAttention: Module {
  public let query: Linear
  public let key: Linear
  public let score: Linear

  /// - Parameter hidden: How many units compare a query with a key.
  public init(queryFeatures: Int, keyFeatures: Int, hidden: Int, key: inout RandomKey) {
    query = Linear(queryFeatures, hidden, bias: false, key: &key)
    self.key = Linear(keyFeatures, hidden, bias: false, key: &key)
    score = Linear(hidden, 1, bias: false, key: &key)
  }

  /// The weighted sums of the values `[batch, queryTime, valueFeatures]`, and the weights `[batch, queryTime, keyTime]`.
  ///
  /// - Parameters:
  ///   - values: The keys unless given.
  ///   - keyPaddingMask: `[batch, keyTime]`: `bool`, true where a key is padding.
  public func callAsFunction(
    _ queries: Tensor, _ keys: Tensor, _ values: Tensor? = nil, keyPaddingMask: Tensor? = nil
  ) -> (output: Tensor, weights: Tensor) {
    let sizes = (query.weight.shape[1], key.weight.shape[1])
    if let mistake = sequenceMistake("BahdanauAttention", queries, keys, values, sizes) { return (mistake, mistake) }
    let scores = additiveScores(query(queries), key(keys), score)
    return attend("BahdanauAttention", scores, values ?? keys, keyPaddingMask) { traced($0) }
  }
}

/// Multiplicative attention (Luong, Pham & Manning 2015): queries `[batch, queryTime, queryFeatures]`, keys and values
/// `[batch, keyTime, …]`.
public final class LuongAttention: Module {
  /// How a query is compared with a key (section 3.1 of the paper).
  public enum Score: Hashable, Sendable {
    /// query · key
    case dot
    /// query · W·key
    case general
    /// v · tanh(W·[query; key]), with so many rows of W.
    case concatenation(hidden: Int)
  }

  public let form: Score
  /// W of `general`, `[queryFeatures, keyFeatures]`, or of `concatenation`, `[hidden, queryFeatures + keyFeatures]`.
  public let projection: Linear?
  /// v of `concatenation`.
  public let score: Linear?
  private let queryFeatures: Int
  private let keyFeatures: Int

  public init(_ form: Score = .general, queryFeatures: Int, keyFeatures: Int, key: inout RandomKey) {
    (self.form, self.queryFeatures, self.keyFeatures) = (form, queryFeatures, keyFeatures)
    switch form {
    case .dot:
      let fits = isPossible(
        queryFeatures == keyFeatures,
        "LuongAttention: queries of \(queryFeatures) features and keys of \(keyFeatures) have no dot product. Take "
          + ".general, which brings keys to the queries' size")
      (projection, score) = (fits ? nil : Linear(keyFeatures, queryFeatures, bias: false, key: &key), nil)
    case .general: (projection, score) = (Linear(keyFeatures, queryFeatures, bias: false, key: &key), nil)
    case .concatenation(let hidden):
      projection = Linear(queryFeatures + keyFeatures, hidden, bias: false, key: &key)
      score = Linear(hidden, 1, bias: false, key: &key)
    }
  }

  /// The weighted sums of the values `[batch, queryTime, valueFeatures]`, and the weights `[batch, queryTime, keyTime]`.
  ///
  /// - Parameters:
  ///   - values: The keys unless given.
  ///   - keyPaddingMask: `[batch, keyTime]`: `bool`, true where a key is padding.
  public func callAsFunction(
    _ queries: Tensor, _ keys: Tensor, _ values: Tensor? = nil, keyPaddingMask: Tensor? = nil
  ) -> (output: Tensor, weights: Tensor) {
    if let mistake = sequenceMistake("LuongAttention", queries, keys, values, (queryFeatures, keyFeatures)) {
      return (mistake, mistake)
    }
    let scores: Tensor
    if let score, let projection {
      // W·[query; key] is the sum of two products, each done once and not for every pair.
      let parts = projection.weight.split(sizes: [queryFeatures, keyFeatures], axis: 1).map { $0.transposed() }
      scores = additiveScores(queries.matmul(parts[0]), keys.matmul(parts[1]), score)
    } else {
      scores = queries.matmul((projection.map { $0(keys) } ?? keys).swapping(1, 2))
    }
    return attend("LuongAttention", scores, values ?? keys, keyPaddingMask) { traced($0) }
  }
}

/// v · tanh(q + k) for each pair of `[batch, queryTime, hidden]` and `[batch, keyTime, hidden]`.
private func additiveScores(_ queries: Tensor, _ keys: Tensor, _ score: Linear) -> Tensor {
  score((queries.expandingAxis(2) + keys.expandingAxis(1)).tanh()).squeezed([3])
}

private func sequenceMistake(
  _ name: String, _ queries: Tensor, _ keys: Tensor, _ values: Tensor?, _ features: (query: Int, key: Int)
) -> Tensor? {
  let values = values ?? keys
  guard queries.rank == 3, keys.rank == 3, queries.shape[0] == keys.shape[0], queries.shape[2] == features.query,
    keys.shape[2] == features.key, values.rank == 3, values.shape[0] == keys.shape[0],
    values.shape[1] == keys.shape[1]
  else {
    return .mistake(
      "\(name): queries \(queries.shape), keys \(keys.shape) and values \(values.shape), expected [batch, queryTime, "
        + "\(features.query)], [batch, keyTime, \(features.key)] and [batch, keyTime, valueFeatures]")
  }
  return nil
}

private func attend(
  _ name: String, _ scores: Tensor, _ values: Tensor, _ keyPaddingMask: Tensor?, _ traced: (Tensor) -> Tensor
) -> (output: Tensor, weights: Tensor) {
  let sizes = AttentionSizes(
    batch: scores.shape[0], heads: 1, queryTime: scores.shape[1], keyTime: scores.shape[2])
  let masks = AttentionMasks(keyPadding: keyPaddingMask, attention: nil, isCausal: false)
  let mask = masks.combined(sizes, dtype: scores.dtype, name: name)?.squeezed([1])
  let weights = attentionProbabilities(scores, mask: mask)
  return (traced(weights.matmul(values)), weights)
}
