import ApusTensor

/// How often words come near each other: `float32[words, words]`.
///
/// - Parameters:
///   - words: Numbers of words in the order of the text, from 0.
///   - vocabulary: How many words there are.
///   - window: How far apart two words may be.
public func cooccurrences(_ words: [Int], vocabulary: Int, window: Int = 2) -> Tensor {
  guard window >= 1, words.allSatisfy((0..<vocabulary).contains) else {
    return .mistake(
      "cooccurrences: window \(window), words of \(vocabulary), expected 1 or more, and numbers below that")
  }
  var counts = [Float](repeating: 0, count: vocabulary * vocabulary)
  for (place, word) in words.enumerated() {
    for other in words[(place + 1)..<min(words.count, place + window + 1)] {
      counts[word * vocabulary + other] += 1
      counts[other * vocabulary + word] += 1
    }
  }
  return Tensor(counts, shape: [vocabulary, vocabulary])
}

/// max(0, log(P(w, c) / (P(w) · P(c))) − log k): how much more often words come together than by chance, 0 where they
/// never do (Church & Hanks 1990; shifted by Levy & Goldberg 2014, equation 13).
///
/// - Parameters:
///   - counts: `[words, contexts]`, numbers of pairs.
///   - negativeSamples: k; word2vec with so many of them factorises this matrix, nearly.
public func positivePointwiseMutualInformation(_ counts: Tensor, negativeSamples: Double = 1) -> Tensor {
  guard counts.rank == 2, negativeSamples > 0 else {
    return .mistake(
      "positivePointwiseMutualInformation: counts \(counts.shape) and \(negativeSamples) samples, expected [words, "
        + "contexts] and a number above 0")
  }
  let expected = counts.sum(axis: 1, keepDims: true) * counts.sum(axis: 0, keepDims: true)
  let isMet = counts .> 0
  let ratio = select(isMet, counts * counts.sum() / select(isMet, expected, 1), 1)
  return select(isMet, maximum(ratio.log() - Tensor(negativeSamples, dtype: ratio.dtype).log(), 0), 0)
}

/// Vectors of words by the singular value decomposition of such a matrix, cut to its largest values: U·√Σ (Levy & Goldberg
/// 2014, section 3.2), `[words, dimensions]`. The sign of each dimension is that which makes its sum positive.
public func wordVectors(_ associations: Tensor, dimensions: Int) -> Tensor {
  guard associations.rank == 2, (1...max(1, associations.shape.min() ?? 1)).contains(dimensions) else {
    return .mistake(
      "wordVectors: \(dimensions) dimensions of a matrix \(associations.shape), expected 1 to its smaller size")
  }
  let (left, values, _) = associations.svd()
  let vectors = left[TensorIndex.all, ..<dimensions] * values[..<dimensions].sqrt()
  return vectors * select(vectors.sum(axis: 0) .< 0, Tensor(-1, dtype: vectors.dtype), Tensor(1, dtype: vectors.dtype))
}
