import ApusTensor

/// What keeps queries from keys, as layers take it: PyTorch's `attn_mask`, `key_padding_mask` and `is_causal`.
struct AttentionMasks {
  let keyPadding: Tensor?
  let attention: Tensor?
  let isCausal: Bool

  /// One mask for `scaledDotProductAttention`, without causality: `bool`, true where a key is seen, or floating point,
  /// added to the scores; it broadcasts to `[batch, heads, queryTime, keyTime]`. Nil where every key is seen.
  func combined(_ sizes: AttentionSizes, dtype: DType, name: String) -> Tensor? {
    let parts = [keyPaddingPart(sizes, name), attentionPart(sizes, name)].compactMap { $0 }
    for part in parts where !part.dtype.isFloat && part.dtype != .bool {
      return .mistake(
        "\(name): a mask of \(part.dtype), expected bool (true where a key is not seen) or floating point")
    }
    guard parts.contains(where: \.dtype.isFloat) else {
      return parts.map { !$0 }.reduce(nil) { (all: Tensor?, seen) in all.map { $0 & seen } ?? seen }
    }
    let added = parts.map { part in
      part.dtype == .bool
        ? select(part, Tensor(-Double.infinity, dtype: dtype), Tensor(0, dtype: dtype)) : part.cast(to: dtype)
    }
    return added.dropFirst().reduce(added[0], +)
  }

  private func keyPaddingPart(_ sizes: AttentionSizes, _ name: String) -> Tensor? {
    guard let keyPadding else { return nil }
    guard keyPadding.shape == [sizes.batch, sizes.keyTime] else {
      let expected: Shape = [sizes.batch, sizes.keyTime]
      return .mistake("\(name): keyPaddingMask \(keyPadding.shape), expected [batch, keyTime] = \(expected)")
    }
    return keyPadding.reshaped(to: [sizes.batch, 1, 1, sizes.keyTime])
  }

  private func attentionPart(_ sizes: AttentionSizes, _ name: String) -> Tensor? {
    guard let attention else { return nil }
    let (batch, heads) = (sizes.batch, sizes.heads)
    let last: Shape = [sizes.queryTime, sizes.keyTime]
    let shape = attention.shape
    switch shape.rank {
    case 2 where shape == last: return attention.reshaped(to: Shape([1, 1] + last))
    case 3 where shape == Shape([batch * heads] + last):
      return attention.reshaped(to: Shape([batch, heads] + last))
    case 4
    where [1, batch].contains(shape[0]) && [1, heads].contains(shape[1]) && [1, last[0]].contains(shape[2])
      && [1, last[1]].contains(shape[3]):
      return attention
    default:
      return .mistake(
        "\(name): attentionMask \(shape), expected [queryTime, keyTime] = \(last), [batch · heads, queryTime, keyTime] = "
          + "\([batch * heads] + last) or [batch, heads, queryTime, keyTime] = \([batch, heads] + last)")
    }
  }
}

/// The sizes that masks must fit.
struct AttentionSizes {
  let batch: Int
  let heads: Int
  let queryTime: Int
  let keyTime: Int
}

/// softmax of `scores` `[…, keyTime]` with a mask of `scaledDotProductAttention`; zeros where a query sees no key.
func attentionProbabilities(_ scores: Tensor, mask: Tensor?) -> Tensor {
  guard let mask else { return scores.softmax() }
  let hidden = -Double.infinity
  let masked = mask.dtype == .bool ? select(mask, scores, Tensor(hidden, dtype: scores.dtype)) : scores + mask
  let isBlind = masked.max(axis: -1, keepDims: true) .== hidden
  return select(isBlind, 0, select(isBlind, 0, masked).softmax())
}
