import ApusTensor

/// Words and their vectors.
public struct WordVectors: Sendable {
  /// The words by number.
  public let words: [String]
  public let dimensions: Int
  /// The vectors one after the other, `[words, dimensions]`.
  public let values: [Float]
  private let numbers: [String: Int]
  /// One over the length of each vector; 0 for one of length 0.
  private let scales: [Float]

  /// Words and `[words, dimensions]` numbers. Traps where they do not fit together; of equal words the first counts.
  public init(words: [String], vectors: [Float], dimensions: Int) {
    guard dimensions > 0, vectors.count == words.count * dimensions else {
      fatalError("WordVectors: \(words.count) words and \(vectors.count) numbers of \(dimensions) dimensions")
    }
    self.words = words
    self.dimensions = dimensions
    values = vectors
    numbers = Dictionary(words.enumerated().map { ($1, $0) }) { first, _ in first }
    scales = words.indices.map { word in
      let square = vectors[(word * dimensions)..<((word + 1) * dimensions)].reduce(Float(0)) { $0 + $1 * $1 }
      return square > 0 ? 1 / square.squareRoot() : 0
    }
  }

  /// Words and `[words, dimensions]`.
  public init(words: [String], _ vectors: Tensor) {
    self.init(words: words, vectors: vectors.cast(to: .float32).scalars(Float.self), dimensions: vectors.shape[1])
  }

  /// The vectors, `float32[words, dimensions]`.
  public var tensor: Tensor { Tensor(values, shape: [words.count, dimensions]) }

  /// The vectors of length 1, `float32[words, dimensions]`.
  public var directions: Tensor { tensor * Tensor(scales, shape: [words.count, 1]) }

  /// The number of a word; nil where there is none.
  public func number(of word: String) -> Int? { numbers[word] }

  /// The vector of a word; nil where there is none.
  public func vector(for word: String) -> [Float]? {
    numbers[word].map { Array(values[($0 * dimensions)..<(($0 + 1) * dimensions)]) }
  }

  /// A word and how near it is: the cosine of an angle.
  public struct Neighbor: Hashable, Sendable {
    public let word: String
    public let similarity: Float
  }

  /// The cosine of the angle between two words' vectors; nil where one is unknown.
  public func similarity(_ one: String, _ other: String) -> Float? {
    guard let first = numbers[one], let second = numbers[other] else { return nil }
    return dot(direction(first), second)
  }

  /// The words nearest to a word, without itself; nil where it is unknown.
  public func nearest(to word: String, count: Int = 10) -> [Neighbor]? {
    numbers[word].map { nearest(to: direction($0), count: count, excluding: [$0]) }
  }

  /// The words nearest to a vector.
  public func nearest(to vector: [Float], count: Int = 10) -> [Neighbor] {
    guard vector.count == dimensions else {
      fatalError("WordVectors.nearest: \(vector.count) numbers, expected \(dimensions)")
    }
    return nearest(to: vector, count: count, excluding: [])
  }

  /// What is to `third` as `second` is to `first`: the words nearest to `second - first + third`, each of length 1, without
  /// these three (Mikolov et al. 2013, "Linguistic regularities", 3CosAdd); nil where one is unknown.
  public func analogy(_ first: String, _ second: String, _ third: String, count: Int = 10) -> [Neighbor]? {
    guard let a = numbers[first], let b = numbers[second], let c = numbers[third] else { return nil }
    return nearest(to: analogyVector(a, b, c), count: count, excluding: [a, b, c])
  }

  func analogyVector(_ a: Int, _ b: Int, _ c: Int) -> [Float] {
    zip(zip(direction(a), direction(b)), direction(c)).map { $0.1 - $0.0 + $1 }
  }

  private func direction(_ word: Int) -> [Float] {
    values[(word * dimensions)..<((word + 1) * dimensions)].map { $0 * scales[word] }
  }

  /// The product of a vector and the direction of a word.
  private func dot(_ vector: [Float], _ word: Int) -> Float {
    var sum: Float = 0
    for place in 0..<dimensions { sum += vector[place] * values[word * dimensions + place] }
    return sum * scales[word]
  }

  private func nearest(to vector: [Float], count: Int, excluding: Set<Int>) -> [Neighbor] {
    let square = vector.reduce(0) { $0 + $1 * $1 }
    let scale = square > 0 ? 1 / square.squareRoot() : 0
    let scores = words.indices.map { excluding.contains($0) ? -.infinity : dot(vector, $0) * scale }
    let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
    return order.prefix(max(0, min(count, words.count - excluding.count))).map {
      Neighbor(word: words[$0], similarity: scores[$0])
    }
  }
}
