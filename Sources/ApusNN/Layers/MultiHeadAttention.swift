import ApusTensor

/// Attention in several heads (Vaswani et al. 2017): queries `[batch, queryTime, features]`, keys `[batch, keyTime,
/// keyFeatures]` and values `[batch, keyTime, valueFeatures]` to `[batch, queryTime, features]`, PyTorch's weights and
/// keys.
///
/// Masks are those of PyTorch's layer: where they are `bool`, *true means that a key is not seen*, the contrary of
/// `scaledDotProductAttention`. A query that sees no key gives the output of zeros.
public final class MultiHeadAttention: Module, Layer {
  /// The weights of queries, keys and values one under the other, `[3 · features, features]`, where all have as many
  /// features.
  @Parameter public var inputWeight: Tensor?
  /// `[features, features]`
  @Parameter public var queryWeight: Tensor?
  /// `[keyHeads · headDim, keyFeatures]`
  @Parameter public var keyWeight: Tensor?
  /// `[keyHeads · headDim, valueFeatures]`
  @Parameter public var valueWeight: Tensor?
  /// `[features + 2 · keyHeads · headDim]`: of queries, keys and values.
  @Parameter public var inputBias: Tensor?
  public let output: Linear
  public let features: Int
  public let heads: Int
  /// How many heads keys and values have; neighbouring query heads share one (Ainslie et al. 2023).
  public let keyHeads: Int
  /// What queries and keys are turned by after their projection.
  public let rotary: RotaryPositionalEncoding?
  private let dropout: Dropout?

  public override var stateKeys: [String: StateKey] {
    [
      "inputWeight": .named("in_proj_weight"), "queryWeight": .named("q_proj_weight"),
      "keyWeight": .named("k_proj_weight"), "valueWeight": .named("v_proj_weight"),
      "inputBias": .named("in_proj_bias"), "output": .named("out_proj"),
    ]
  }

  /// - Parameters:
  ///   - features: Of queries and outputs; `heads` must divide it.
  ///   - keyHeads: As many as `heads` unless given; must divide it.
  ///   - keyFeatures: As many as `features` unless given.
  ///   - valueFeatures: As many as `features` unless given.
  ///   - dropout: The probability with which each attention weight is dropped. With dropout, training computes all
  ///     weights, so that memory grows with the square of the time.
  public init(
    _ features: Int, heads: Int, keyHeads: Int? = nil, keyFeatures: Int? = nil, valueFeatures: Int? = nil,
    bias: Bool = true, dropout: Double = 0, rotary: RotaryPositionalEncoding? = nil, key: inout RandomKey
  ) {
    let near = nearestDivisor(of: features, to: heads)
    let dividesFeatures = isPossible(
      heads > 0 && features % heads == 0,
      "MultiHeadAttention: \(features) features do not divide into \(heads) heads. Take a number of heads that divides "
        + "the features, such as \(near)")
    let heads = dividesFeatures ? heads : near
    let asked = keyHeads ?? heads
    let dividesHeads = isPossible(
      asked > 0 && heads % asked == 0,
      "MultiHeadAttention: \(heads) heads do not divide among \(asked) heads of keys (keyHeads). Take a number that "
        + "divides the heads, such as \(nearestDivisor(of: heads, to: asked))")
    let groups = dividesHeads ? asked : heads
    (self.features, self.heads, self.keyHeads, self.rotary) = (features, heads, groups, rotary)
    let inner = features / heads * groups
    let (keyFeatures, valueFeatures) = (keyFeatures ?? features, valueFeatures ?? features)
    func draw(_ outputs: Int, _ inputs: Int) -> Tensor {
      Initializer.xavierUniform()([outputs, inputs], fanIn: inputs, fanOut: outputs, key: &key)
    }
    let isPacked = groups == heads && keyFeatures == features && valueFeatures == features
    inputWeight = isPacked ? draw(3 * features, features) : nil
    queryWeight = isPacked ? nil : draw(features, features)
    keyWeight = isPacked ? nil : draw(inner, keyFeatures)
    valueWeight = isPacked ? nil : draw(inner, valueFeatures)
    inputBias = bias ? .zeros([features + 2 * inner]) : nil
    output = Linear(features, features, bias: bias, key: &key)
    if bias { output.bias = .zeros([features]) }
    self.dropout = dropout > 0 ? Dropout(dropout, key: &key) : nil
  }

  /// Self-attention.
  public func callAsFunction(_ x: Tensor) -> Tensor { callAsFunction(x, nil, nil) }

  /// The outputs, `[batch, queryTime, features]`.
  ///
  /// - Parameters:
  ///   - key: The queries unless given.
  ///   - value: The keys unless given.
  ///   - keyPaddingMask: `[batch, keyTime]`: `bool`, true where a key is padding, or floating point, added to the scores.
  ///   - attentionMask: `[queryTime, keyTime]`, `[batch · heads, queryTime, keyTime]`, or four axes that broadcast to
  ///     `[batch, heads, queryTime, keyTime]`: `bool`, true where a key is not seen, or floating point, added to the scores.
  ///   - isCausal: Whether query i sees keys 0 … i alone.
  public func callAsFunction(
    _ query: Tensor, _ key: Tensor?, _ value: Tensor? = nil, keyPaddingMask: Tensor? = nil,
    attentionMask: Tensor? = nil, isCausal: Bool = false
  ) -> Tensor {
    let masks = AttentionMasks(keyPadding: keyPaddingMask, attention: attentionMask, isCausal: isCausal)
    if dropout != nil, Phase.current == .training { return weighted(query, key, value, masks).output }
    if let mistake = mistake(query, key, value) { return mistake }
    let (queries, keys, values) = projected(query, key, value)
    let mask = masks.combined(sizes(queries, keys), dtype: query.dtype, name: "MultiHeadAttention")
    let attended = scaledDotProductAttention(queries, keys, values, mask: mask, isCausal: isCausal)
    return finish(attended, queries, keys)
  }

  /// The outputs `[batch, queryTime, features]`, and how much of each value went into them: the mean over the heads
  /// `[batch, queryTime, keyTime]`, or each head by itself `[batch, heads, queryTime, keyTime]`.
  ///
  /// - Parameter averagesHeads: Whether the weights are the mean over the heads.
  public func withWeights(
    _ query: Tensor, _ key: Tensor? = nil, _ value: Tensor? = nil, keyPaddingMask: Tensor? = nil,
    attentionMask: Tensor? = nil, isCausal: Bool = false, averagesHeads: Bool = true
  ) -> (output: Tensor, weights: Tensor) {
    let masks = AttentionMasks(keyPadding: keyPaddingMask, attention: attentionMask, isCausal: isCausal)
    let (output, weights) = weighted(query, key, value, masks)
    return (output, averagesHeads ? weights.mean(axis: 1) : weights)
  }

  private func weighted(_ query: Tensor, _ key: Tensor?, _ value: Tensor?, _ masks: AttentionMasks) -> (
    output: Tensor, weights: Tensor
  ) {
    if let mistake = mistake(query, key, value) { return (mistake, .zeros([1, 1, 1, 1])) }
    let (queries, keys, values) = projected(query, key, value)
    let sizes = sizes(queries, keys)
    var mask = masks.combined(sizes, dtype: query.dtype, name: "MultiHeadAttention")
    if masks.isCausal {
      let causal = Tensor.lowerTriangularMask(sizes.queryTime, sizes.keyTime)
      mask = mask.map { $0.dtype == .bool ? $0 & causal : select(causal, $0, -Double.infinity) } ?? causal
    }
    let scale = 1 / Double(features / heads).squareRoot()
    let shared = heads / keyHeads
    func spread(_ x: Tensor) -> Tensor { shared == 1 ? x : x.repeated(shared, axis: 2) }
    let scores = (queries * scale).swapping(1, 2).matmul(spread(keys).transposed([0, 2, 3, 1]))
    var weights = attentionProbabilities(scores, mask: mask)
    if let dropout { weights = dropout(weights) }
    let attended = weights.matmul(spread(values).swapping(1, 2)).swapping(1, 2)
    return (finish(attended, queries, keys), weights)
  }

  private func sizes(_ queries: Tensor, _ keys: Tensor) -> AttentionSizes {
    AttentionSizes(batch: queries.shape[0], heads: heads, queryTime: queries.shape[1], keyTime: keys.shape[1])
  }

  private func finish(_ attended: Tensor, _ queries: Tensor, _ keys: Tensor) -> Tensor {
    let (batch, time) = (queries.shape[0], queries.shape[1])
    let projections = (inputBias?.count ?? 3 * features) * features
    return traced(
      output(attended.reshaped(to: [batch, time, features])),
      multiplyAdds: batch * time * (projections + 2 * keys.shape[1] * features))
  }
}

// MARK: Projections

extension MultiHeadAttention {
  /// Keys and values of inputs `[batch, time, features]`, each `[batch, time, keyHeads, headDim]`, to be kept for queries
  /// that come later. Without rotary encoding, as the place of the first is not known here.
  func keysAndValues(of x: Tensor) -> (keys: Tensor, values: Tensor) {
    let (_, keys, values) = projected(x, x, nil)
    return (keys, values)
  }

  /// The outputs `[batch, queryTime, features]` for keys and values that were kept, and how much each head takes of each,
  /// `[batch, heads, queryTime, keyTime]`. Who takes no weights pays nothing for them.
  ///
  /// - Parameter mask: `bool`, true where a key *is* seen, four axes that broadcast to the weights'.
  func attend(_ query: Tensor, _ keys: Tensor, _ values: Tensor, mask: Tensor?) -> (output: Tensor, weights: Tensor) {
    let queries = projected(query, query, nil).0
    let output = finish(scaledDotProductAttention(queries, keys, values, mask: mask), queries, keys)
    let scores = (queries / Double(features / heads).squareRoot()).swapping(1, 2)
      .matmul(keys.repeated(heads / keyHeads, axis: 2).transposed([0, 2, 3, 1]))
    return (output, attentionProbabilities(scores, mask: mask))
  }

  /// What is wrong with the inputs' shapes.
  private func mistake(_ query: Tensor, _ key: Tensor?, _ value: Tensor?) -> Tensor? {
    let (key, value) = (key ?? query, value ?? key ?? query)
    let keyFeatures = keyWeight?.shape[1] ?? features
    let valueFeatures = valueWeight?.shape[1] ?? features
    guard query.rank == 3, query.shape[2] == features else {
      return .mistake("MultiHeadAttention: query \(query.shape), expected [batch, queryTime, \(features)]")
    }
    guard key.rank == 3, key.shape[0] == query.shape[0], key.shape[2] == keyFeatures else {
      return .mistake("MultiHeadAttention: key \(key.shape), expected [\(query.shape[0]), keyTime, \(keyFeatures)]")
    }
    let expected: Shape = [key.shape[0], key.shape[1], valueFeatures]
    guard value.shape == expected else {
      return .mistake("MultiHeadAttention: value \(value.shape) for key \(key.shape), expected \(expected)")
    }
    return nil
  }

  /// Queries, keys and values as the heads take them, `[batch, time, heads, headDim]`, with as few products as can be.
  private func projected(_ query: Tensor, _ key: Tensor?, _ value: Tensor?) -> (Tensor, Tensor, Tensor) {
    var parts: [Tensor]
    let all = 0..<3 * features
    if inputWeight != nil, key == nil, value == nil {
      parts = packed(query, all).split(3, axis: -1)
    } else if inputWeight != nil, let key, value == nil {
      parts = [packed(query, 0..<features)] + packed(key, features..<3 * features).split(2, axis: -1)
    } else if inputWeight != nil {
      let inputs = [query, key ?? query, value ?? key ?? query]
      parts = inputs.enumerated().map { packed($1, $0 * features..<($0 + 1) * features) }
    } else {
      let inputs = [query, key ?? query, value ?? key ?? query]
      var start = 0
      parts = zip(inputs, [queryWeight, keyWeight, valueWeight].compactMap { $0 }).map { input, weight in
        defer { start += weight.shape[0] }
        let product = input.matmul(weight.transposed())
        return inputBias.map { product + $0[start..<start + weight.shape[0]] } ?? product
      }
    }
    let size = features / heads
    parts = zip(parts, [heads, keyHeads, keyHeads]).map { part, heads in
      part.reshaped(to: [part.shape[0], part.shape[1], heads, size])
    }
    if let rotary { parts = [rotary(parts[0]), rotary(parts[1]), parts[2]] }
    return (parts[0], parts[1], parts[2])
  }

  /// The product with some rows of the packed weight.
  private func packed(_ x: Tensor, _ rows: Range<Int>) -> Tensor {
    guard let inputWeight else { return x }
    let isWhole = rows.count == inputWeight.shape[0]
    let product = x.matmul((isWhole ? inputWeight : inputWeight[rows]).transposed())
    return inputBias.map { product + (isWhole ? $0 : $0[rows]) } ?? product
  }
}
