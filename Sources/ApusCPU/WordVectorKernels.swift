import CApusKernels

/// The memory of word vectors that are learned by prediction, and the kernels that work on it.
///
/// Rows are those of the dimensions, filled up with zeros to whole vectors of the processor.
package final class WordVectorKernels {
  /// What predicts what, and how it is judged.
  package struct Form {
    package var dimensions: Int
    package var isSkipGram: Bool
    package var averages: Bool
    package var shrinksWindow: Bool
    package var window: Int
    package var output: Output

    package init(
      dimensions: Int, isSkipGram: Bool, averages: Bool, shrinksWindow: Bool, window: Int, output: Output
    ) {
      self.dimensions = dimensions
      self.isSkipGram = isSkipGram
      self.averages = averages
      self.shrinksWindow = shrinksWindow
      self.window = window
      self.output = output
    }
  }

  package enum Output {
    /// Samples of noise by Walker's alias method: at a random place, which stands for itself if 32 random bits are
    /// below its limit.
    case noise(samples: Int, limits: [UInt32], aliases: [Int32])
    /// The inner nodes on the way to each word, and the turns (0 or 1) taken there.
    case tree(starts: [Int32], nodes: [Int32], turns: [UInt8])
  }

  /// A stretch of sentences that one thread takes.
  package struct Job {
    package var sentences: Range<Int>
    package var rate: Float
    package var seed: UInt64

    package init(sentences: Range<Int>, rate: Float, seed: UInt64) {
      self.sentences = sentences
      self.rate = rate
      self.seed = seed
    }
  }

  /// Words of a sentence; longer ones are cut.
  package static let longestSentence = Int(APUS_WORD_VECTORS_LONGEST)

  private let form: Form
  private let stride: Int
  private let input: Memory<Float>
  private let output: Memory<Float>
  private let tokens: Memory<Int32>
  private let starts: Memory<Int>
  private let keepLimits: Memory<UInt32>?
  private let limits: Memory<UInt32>
  private let aliases: Memory<Int32>
  private let pathStarts: Memory<Int32>
  private let pathNodes: Memory<Int32>
  private let pathTurns: Memory<UInt8>
  private let words: Int

  /// - Parameters:
  ///   - input: `[words, dimensions]`
  ///   - output: `[rows, dimensions]`; all 0 unless given.
  ///   - tokens: Numbers of words, sentence `s` at `starts[s]..<starts[s + 1]`.
  ///   - keepLimits: A word is kept where 32 random bits are not above its limit; nil keeps all.
  package init(
    _ form: Form, words: Int, input: [Float], output: [Float]? = nil, tokens: [Int32], starts: [Int],
    keepLimits: [UInt32]? = nil
  ) {
    precondition(input.count == words * form.dimensions && starts.last == tokens.count && words <= Int32.max)
    precondition(tokens.allSatisfy { 0..<words ~= Int($0) } && keepLimits?.count ?? words == words)
    self.form = form
    self.words = words
    stride = (form.dimensions + 15) / 16 * 16
    self.tokens = Memory(tokens)
    self.starts = Memory(starts)
    self.keepLimits = keepLimits.map { Memory($0) }
    var (limits, aliases): ([UInt32], [Int32]) = ([], [])
    var (pathStarts, pathNodes, pathTurns): ([Int32], [Int32], [UInt8]) = ([], [], [])
    switch form.output {
    case .noise(_, let ownLimits, let ownAliases):
      (limits, aliases) = (ownLimits, ownAliases)
      precondition(limits.count == words && aliases.count == words)
    case .tree(let starts, let nodes, let turns):
      (pathStarts, pathNodes, pathTurns) = (starts, nodes, turns)
      precondition(starts.count == words + 1 && nodes.count == turns.count && Int(starts.last!) == nodes.count)
      precondition(nodes.allSatisfy { 0..<words ~= Int($0) })
    }
    self.limits = Memory(limits)
    self.aliases = Memory(aliases)
    self.pathStarts = Memory(pathStarts)
    self.pathNodes = Memory(pathNodes)
    self.pathTurns = Memory(pathTurns)
    self.input = Self.padded(input, words, form.dimensions, stride)
    self.output = Self.padded(output ?? [], words, form.dimensions, stride)
  }

  private static func padded(_ rows: [Float], _ count: Int, _ dimensions: Int, _ stride: Int) -> Memory<Float> {
    let memory = Memory(repeating: Float(0), count: count * stride)
    for place in rows.indices { memory.start[place / dimensions * stride + place % dimensions] = rows[place] }
    return memory
  }

  private func unpadded(_ memory: Memory<Float>) -> [Float] {
    (0..<(words * form.dimensions)).map { memory.start[$0 / form.dimensions * stride + $0 % form.dimensions] }
  }

  /// `[words, dimensions]`
  package var inputRows: [Float] { unpadded(input) }
  package var outputRows: [Float] { unpadded(output) }

  /// Does jobs: alone, in their order and to the same bits each time, or on the threads of the pool, which do not wait for
  /// each other. Returns how many words were trained on.
  @discardableResult
  package func run(_ jobs: [Job], isAlone: Bool) -> Int {
    var samples = 0
    if case .noise(let count, _, _) = form.output { samples = count }
    var model = apus_word_model(
      input: input.start, output: output.start, stride: stride, words: words, skip_gram: form.isSkipGram,
      averages: form.averages, shrinks: form.shrinksWindow, window: form.window, negative: samples,
      alias_limits: limits.start, aliases: aliases.start, path_starts: pathStarts.start, path_nodes: pathNodes.start,
      path_turns: pathTurns.start, keep_limits: keepLimits.map { UnsafePointer($0.start) })
    // Jobs follow each other, so that the ends of one are the beginnings of the next.
    let bounds = jobs.prefix(1).map(\.sentences.lowerBound) + jobs.map(\.sentences.upperBound)
    let kept = apus_word_vectors_jobs(
      &model, tokens.start, starts.start, bounds, jobs.map(\.rate), jobs.map(\.seed), 0, jobs.count, isAlone)
    if kept < 0 { fatalError("WordVectorKernels: out of memory") }
    return kept
  }
}
