import ApusCore

/// Scaled dot-product attention (Vaswani et al. 2017), softmax(scale · q kᵀ + mask) v for each example and head:
/// `[batch, queryTime, heads, valueDim]`.
///
/// Memory that is kept for the gradient grows with the time and not with its square: the probabilities are computed again
/// (Dao et al. 2022). A query that sees no key gives 0.
///
/// - Parameters:
///   - query: `[batch, queryTime, heads, headDim]`; all three may lack the batch axis.
///   - key: `[batch, keyTime, keyHeads, headDim]`, where `keyHeads` divides `heads`: neighbouring query heads share the
///     keys and values of one (grouped queries, Ainslie et al. 2023).
///   - value: `[batch, keyTime, keyHeads, valueDim]`.
///   - mask: Broadcast to `[batch, heads, queryTime, keyTime]`: `bool`, true where a key is seen, or of the queries' type,
///     added to the scores.
///   - isCausal: Whether query i sees keys 0 … i alone. Positions count from the start of both, as in PyTorch and JAX.
///   - scale: What the scores are multiplied with, 1/√headDim unless given.
public func scaledDotProductAttention(
  _ query: Tensor, _ key: Tensor, _ value: Tensor, mask: Tensor? = nil, isCausal: Bool = false, scale: Double? = nil
) -> Tensor {
  if query.rank == 3, key.rank == 3, value.rank == 3 {
    let wide = [query, key, value].map { $0.expandingAxis(0) }
    let result = scaledDotProductAttention(wide[0], wide[1], wide[2], mask: mask, isCausal: isCausal, scale: scale)
    return Mistakes.hasFailed ? result : result.squeezed([0])
  }
  var operands = [query, key, value]
  if let mask {
    guard mask.rank <= 4 else {
      return Mistakes.report(
        OpError("attention: mask \(mask.shape) has more than the axes [batch, heads, queryTime, keyTime]"))
    }
    operands.append(mask.reshaped(to: Shape(Array(repeating: 1, count: 4 - mask.rank) + Array(mask.shape))))
  }
  let width = query.shape.last ?? 1
  let block = Attention(scale: scale ?? 1 / Double(Swift.max(1, width)).squareRoot(), isCausal: isCausal)
  return results(.block(AnyBlock(block)), operands.map(\.node), count: 2)[0]
}
