import ApusCPU
import ApusData

/// Learns vectors of words by having them predict each other (Mikolov et al. 2013a, 2013b). Options and defaults are
/// those of gensim and of the authors' program.
public struct Word2Vec: Hashable, Sendable {
  /// What predicts what.
  public enum Architecture: String, Hashable, Sendable, CaseIterable {
    /// The words around predict a word, all at once (2013a, section 3.1).
    case cbow
    /// Each word around predicts a word (2013a, section 3.2).
    case skipGram = "skip-gram"
  }

  /// How a prediction is judged, instead of by a softmax over all words.
  public enum Output: Hashable, Sendable {
    /// The word is told from so many words of noise (2013b, section 2.2).
    case negativeSampling(Int)
    /// The turns on the way to the word in a tree are predicted (2013b, section 2.1).
    case hierarchicalSoftmax
  }

  public var architecture: Architecture
  public var output = Output.negativeSampling(5)
  public var dimensions = 100
  /// How far apart words may be that predict each other.
  public var window = 5
  /// Whether each word's window has a random size up to ``window``, so that nearer words count more.
  public var shrinksWindow = true
  /// Whether a bag of words is its mean, not its sum.
  public var averagesContext = true
  /// Noise is drawn by the words' counts to this power.
  public var noiseExponent = 0.75
  /// Words that are more frequent than this share are left out at random (2013b, section 2.3, as the authors' program
  /// does); 0 keeps all.
  public var subsampling = 1e-3
  public var learningRate = 0.025
  /// What the rate falls to, linearly.
  public var finalLearningRate = 1e-4
  public var epochs = 5
  public var seed: UInt64 = 1

  public init(_ architecture: Architecture = .cbow) { self.architecture = architecture }

  /// How far training is.
  public struct Progress: Hashable, Sendable {
    /// Counted from one.
    public let epoch: Int
    /// How many words were read, of how many in all epochs.
    public let words: Int
    public let total: Int
    public let learningRate: Double
  }

  /// What is wrong with the options; nil where nothing is.
  public var problem: String? {
    if !(1...10_000 ~= dimensions) { return "dimensions \(dimensions), expected 1 to 10,000" }
    if !(1...1000 ~= window) { return "window \(window), expected 1 to 1,000" }
    if epochs < 1 { return "\(epochs) epochs, expected 1 or more" }
    if case .negativeSampling(let count) = output, !(1...1000 ~= count) {
      return "\(count) negative samples, expected 1 to 1,000"
    }
    if !(learningRate > 0 && learningRate.isFinite && finalLearningRate >= 0 && finalLearningRate <= learningRate) {
      return "learning rates from \(learningRate) to \(finalLearningRate), expected a fall between numbers above 0"
    }
    if !(subsampling >= 0 && noiseExponent.isFinite) { return "subsampling \(subsampling), expected 0 or more" }
    return nil
  }

  /// Words of a job.
  private static let jobSize = 10_000
  /// Jobs between two looks at whether to go on.
  private static let round = 32

  /// Vectors of a corpus's words.
  ///
  /// Traps where ``problem`` is not nil.
  ///
  /// - Parameters:
  ///   - isReproducible: Whether one thread does it all, so that the same seed gives the same bits. Several write the same
  ///     vectors without waiting for each other.
  ///   - shouldGoOn: Asked from time to time; false ends training.
  public func train(
    _ corpus: WordCorpus, isReproducible: Bool = false, shouldGoOn: (Progress) -> Bool = { _ in true }
  ) -> WordVectors {
    if let problem { fatalError("Word2Vec: \(problem)") }
    var random = SplitMix64(seed: seed)
    let initial = (0..<(corpus.words.count * dimensions)).map { _ in
      (2 * random.uniform() - 1) / Float(dimensions)
    }
    guard corpus.words.count > 1 else {
      return WordVectors(words: corpus.words, vectors: initial, dimensions: dimensions)
    }
    let kernels = WordVectorKernels(
      form(corpus), words: corpus.words.count, input: initial, tokens: corpus.tokens, starts: corpus.starts,
      keepLimits: keepLimits(corpus))
    let stretches = stretches(corpus)
    let total = corpus.tokenCount * epochs
    training: for epoch in 0..<epochs {
      let base = epoch * corpus.tokenCount
      for first in stride(from: 0, to: stretches.count, by: Self.round) {
        let jobs = stretches[first..<min(first + Self.round, stretches.count)].map { sentences in
          WordVectorKernels.Job(
            sentences: sentences, rate: Float(rate(base + corpus.starts[sentences.lowerBound], of: total)),
            seed: random.next())
        }
        kernels.run(jobs, isAlone: isReproducible)
        let done = base + corpus.starts[jobs.last!.sentences.upperBound]
        let progress = Progress(epoch: epoch + 1, words: done, total: total, learningRate: rate(done, of: total))
        if !shouldGoOn(progress) { break training }
      }
    }
    return WordVectors(words: corpus.words, vectors: kernels.inputRows, dimensions: dimensions)
  }

  private func rate(_ words: Int, of total: Int) -> Double {
    learningRate - (learningRate - finalLearningRate) * Double(words) / Double(total)
  }

  private func form(_ corpus: WordCorpus) -> WordVectorKernels.Form {
    let output: WordVectorKernels.Output
    switch self.output {
    case .negativeSampling(let count):
      let noise = NoiseDistribution(counts: corpus.counts, exponent: noiseExponent)
      output = .noise(samples: count, limits: noise.limits, aliases: noise.aliases)
    case .hierarchicalSoftmax:
      let tree = HuffmanTree(counts: corpus.counts)
      output = .tree(starts: tree.starts, nodes: tree.nodes, turns: tree.turns)
    }
    return WordVectorKernels.Form(
      dimensions: dimensions, isSkipGram: architecture == .skipGram, averages: averagesContext,
      shrinksWindow: shrinksWindow, window: window, output: output)
  }

  /// Of 32 random bits those up to its limit keep a word.
  private func keepLimits(_ corpus: WordCorpus) -> [UInt32]? {
    if subsampling == 0 { return nil }
    let threshold = subsampling * Double(corpus.tokenCount)
    return corpus.counts.map { count in
      let share = ((Double(count) / threshold).squareRoot() + 1) * threshold / Double(count)
      return UInt32(min(1, share) * Double(UInt32.max))
    }
  }

  /// Sentences in stretches of about as many words.
  private func stretches(_ corpus: WordCorpus) -> [Range<Int>] {
    var stretches: [Range<Int>] = []
    var first = 0
    for sentence in 0..<(corpus.starts.count - 1) {
      let isFull = corpus.starts[sentence + 1] - corpus.starts[first] >= Self.jobSize
      if isFull || sentence == corpus.starts.count - 2 {
        stretches.append(first..<(sentence + 1))
        first = sentence + 1
      }
    }
    return stretches
  }
}
