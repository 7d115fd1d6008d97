import ApusTensor

/// Word vectors by the singular values of how much more often words come together than by chance (Levy & Goldberg 2014;
/// options of Levy, Goldberg & Dagan 2015).
public struct SingularValueEmbedding: Hashable, Sendable {
  public var dimensions = 100
  /// How far apart words may be that come together.
  public var window = 5
  /// Pairs count as one less their distance's share of the window, as word2vec's windows of random size have it.
  public var weighsDistance = true
  /// Contexts are as likely as their counts to this power (2015, section 3.2).
  public var contextExponent = 0.75
  /// k: log k is taken from each association (2014, equation 13).
  public var negativeSamples = 1.0
  /// Singular values are taken to this power; 0.5 is symmetric (2015, section 3.3).
  public var valueExponent = 0.5
  public var seed: UInt64 = 1

  public init() {}

  /// What is wrong with the options; nil where nothing is.
  public var problem: String? {
    if !(1...2000 ~= dimensions) { return "dimensions \(dimensions), expected 1 to 2,000" }
    if !(1...100 ~= window) { return "window \(window), expected 1 to 100" }
    if !(negativeSamples > 0 && valueExponent >= 0 && contextExponent > 0) {
      return "exponents and negative samples must be above 0"
    }
    return nil
  }

  /// Vectors of a corpus's words, U Σ^p of the positive associations.
  ///
  /// Traps where ``problem`` is not nil, or there are fewer words than dimensions.
  public func train(_ corpus: WordCorpus) -> WordVectors {
    if let problem { fatalError("SingularValueEmbedding: \(problem)") }
    guard corpus.words.count >= dimensions else {
      fatalError("SingularValueEmbedding: \(corpus.words.count) words, fewer than \(dimensions) dimensions")
    }
    let (u, s, _) = associations(corpus).singularVectors(dimensions, seed: seed)
    let scales = s.scalars(Float.self).map { Float(power(Double(max(0, $0)), valueExponent)) }
    return WordVectors(words: corpus.words, u * Tensor(scales, shape: [1, dimensions]))
  }

  /// max(0, log(P(w, c) / (P(w) P(c))) − log k) of the pairs of a corpus.
  func associations(_ corpus: WordCorpus) -> SparseMatrix {
    var counts = cooccurrences(corpus)
    let words = counts.rows
    let sums = (0..<words).map { row in
      counts.values[counts.starts[row]..<counts.starts[row + 1]].reduce(0.0) { $0 + Double($1) }
    }
    let smoothed = sums.map { power($0, contextExponent) }
    let smoothedTotal = smoothed.reduce(0, +)
    let shift = logarithm(negativeSamples)
    for row in 0..<words {
      for element in counts.starts[row]..<counts.starts[row + 1] {
        let context = smoothed[Int(counts.places[element])] / smoothedTotal
        // P(w, c) / P(w) is count / sum.
        let ratio = Double(counts.values[element]) / (sums[row] * context)
        counts.values[element] = Float(max(0, logarithm(ratio) - shift))
      }
    }
    return counts
  }

  /// How often words come together, `[words, words]`, symmetric.
  func cooccurrences(_ corpus: WordCorpus) -> SparseMatrix {
    // Pairs of the smaller and the larger number and the distance, sorted: equal ones lie together.
    var pairs: [UInt64] = []
    let bits = UInt64(8)
    for (start, end) in zip(corpus.starts, corpus.starts.dropFirst()) {
      for place in start..<end {
        for other in (place + 1)..<max(place + 1, min(end, place + window + 1)) {
          let (a, b) = (UInt64(corpus.tokens[place]), UInt64(corpus.tokens[other]))
          pairs.append((min(a, b) << 36 | max(a, b) << bits) | UInt64(other - place))
        }
      }
    }
    pairs.sort()
    var (lefts, rights, weights): ([Int32], [Int32], [Float]) = ([], [], [])
    var previous = UInt64.max
    for pair in pairs {
      if pair >> bits != previous {
        previous = pair >> bits
        lefts.append(Int32(pair >> 36))
        rights.append(Int32(pair >> bits & (1 << 28 - 1)))
        weights.append(0)
      }
      let distance = Int(pair & (1 << bits - 1))
      weights[weights.count - 1] += weighsDistance ? Float(window - distance + 1) / Float(window) : 1
    }
    return symmetric(corpus.words.count, lefts, rights, weights)
  }

  /// The matrix with each element also at its mirror image; what is on the diagonal counts twice.
  private func symmetric(_ size: Int, _ lefts: [Int32], _ rights: [Int32], _ weights: [Float]) -> SparseMatrix {
    var starts = [Int](repeating: 0, count: size + 1)
    for place in lefts.indices {
      starts[Int(lefts[place]) + 1] += 1
      if lefts[place] != rights[place] { starts[Int(rights[place]) + 1] += 1 }
    }
    for row in 0..<size { starts[row + 1] += starts[row] }
    var next = starts
    var places = [Int32](repeating: 0, count: starts[size])
    var values = [Float](repeating: 0, count: starts[size])
    func put(_ row: Int32, _ column: Int32, _ value: Float) {
      places[next[Int(row)]] = column
      values[next[Int(row)]] = value
      next[Int(row)] += 1
    }
    for place in lefts.indices {
      let isDiagonal = lefts[place] == rights[place]
      put(lefts[place], rights[place], isDiagonal ? 2 * weights[place] : weights[place])
      if !isDiagonal { put(rights[place], lefts[place], weights[place]) }
    }
    return SparseMatrix(rows: size, columns: size, starts: starts, places: places, values: values)
  }
}
