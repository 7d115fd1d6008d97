import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Looks for the likeliest sequence by keeping the best beginnings at each place.
public struct BeamSearch: Hashable, Sendable {
  /// What logarithms of probabilities are divided by, so that long sequences are not at a disadvantage.
  public enum LengthNormalization: Hashable, Sendable {
    /// lengthᵅ, as Hugging Face's `length_penalty`: 0 leaves them as they are, 1 takes the mean over the tokens.
    case power(Double)
    /// ((5 + length) / 6)ᵅ (Wu et al. 2016, equation 14).
    case wu(Double)

    func divisor(_ length: Int) -> Double {
      switch self {
      case .power(let exponent): pow(Double(length), exponent)
      case .wu(let exponent): pow((5 + Double(length)) / 6, exponent)
      }
    }
  }

  /// How many beginnings are kept.
  public var width: Int
  /// How many tokens are written at most.
  public var maximumTokens: Int
  /// Tokens that end a text.
  public var stopTokens: Set<Int>
  public var normalization: LengthNormalization
  /// What makes tokens less likely that were there before; 1 does nothing. It changes logarithms of probabilities, as
  /// Hugging Face's beam search has it.
  public var repetitionPenalty: Double

  public init(
    width: Int = 4, maximumTokens: Int = 100, stopTokens: Set<Int> = [],
    normalization: LengthNormalization = .power(1), repetitionPenalty: Double = 1
  ) {
    (self.width, self.maximumTokens, self.stopTokens) = (width, maximumTokens, stopTokens)
    (self.normalization, self.repetitionPenalty) = (normalization, repetitionPenalty)
  }

  /// A sequence that was found.
  public struct Hypothesis: Hashable, Sendable {
    /// The tokens after the prompt, without the stop token.
    public let tokens: [Int]
    /// Whether a stop token ended it.
    public let isComplete: Bool
    /// The logarithm of its probability, that of the stop token among it.
    public let logProbability: Double
    /// That divided as the normalization says: what hypotheses are ranked by.
    public let score: Double
  }
}

extension AutoregressiveModel {
  /// The best sequences after each prompt, up to `search.width` of them, the best first.
  ///
  /// The search ends when no beginning can become better than those that were found, or at the greatest length.
  ///
  /// - Parameter prompts: Tokens, at least one each.
  /// - Throws: ``GenerationError`` where prompts or options cannot be, or the model's logits are not numbers.
  public func beamSearch(
    _ prompts: [[Int]], _ search: BeamSearch = BeamSearch()
  ) throws(GenerationError) -> [[BeamSearch.Hypothesis]] {
    try found(prompts, search, nil)
  }

  /// The best sequences after each prompt, from a state that has seen something before.
  ///
  /// - Parameter state: For a model that translates, one that has read a source for each prompt. It must have room for all
  ///   tokens.
  /// - Throws: ``GenerationError`` where prompts or options cannot be, or the model's logits are not numbers.
  public func beamSearch(
    _ prompts: [[Int]], _ search: BeamSearch = BeamSearch(), from state: State
  ) throws(GenerationError) -> [[BeamSearch.Hypothesis]] {
    try found(prompts, search, state)
  }

  private func found(
    _ prompts: [[Int]], _ search: BeamSearch, _ state: State?
  ) throws(GenerationError) -> [[BeamSearch.Hypothesis]] {
    guard search.width >= 1, search.maximumTokens >= 0, search.repetitionPenalty > 0 else {
      throw GenerationError(
        "beamSearch: width \(search.width), maximumTokens \(search.maximumTokens) and repetitionPenalty "
          + "\(search.repetitionPenalty), expected at least 1, at least 0 and above 0")
    }
    let decoder = try BatchDecoder(self, prompts, maximumTokens: search.maximumTokens, state: state)
    guard decoder.room > 0, !prompts.isEmpty else { return prompts.map { _ in [] } }
    var beams = prompts.map { PromptBeams(prompt: $0, search: search, room: decoder.room) }
    var logits = try decoder.start()
    var ranges = prompts.indices.map { $0..<($0 + 1) }
    while true {
      let old = logits
      var sources: [Int] = []
      for place in beams.indices {
        sources += beams[place].advance(ranges[place].map { old[$0] }).map { ranges[place].lowerBound + $0 }
      }
      if beams.allSatisfy(\.isFinished) { return beams.map(\.ranking) }
      var start = 0
      for place in beams.indices {
        ranges[place] = start..<start + beams[place].running.count
        start += beams[place].running.count
      }
      if sources != Array(old.indices) { decoder.state.select(rows: sources) }
      logits = try decoder.next(beams.flatMap { $0.running.map { $0.tokens.last! } })
    }
  }
}

/// The search after one prompt.
private struct PromptBeams {
  struct Beam {
    var tokens: [Int]
    var logProbability: Double
  }

  private struct Candidate {
    let source: Int
    let token: Int
    let logProbability: Double
  }

  let prompt: [Int]
  let search: BeamSearch
  let room: Int
  /// Beginnings, the best first; the first is the prompt alone.
  private(set) var running = [Beam(tokens: [], logProbability: 0)]
  private var found: [BeamSearch.Hypothesis] = []
  private(set) var isFinished = false

  init(prompt: [Int], search: BeamSearch, room: Int) {
    (self.prompt, self.search, self.room) = (prompt, search, room)
  }

  var ranking: [BeamSearch.Hypothesis] { found }

  /// Adds a token to each beginning; returns of which beginning each of the new ones is the continuation.
  mutating func advance(_ logits: [[Float]]) -> [Int] {
    // A search that has ended goes along without being looked at, while those of other prompts last.
    if isFinished { return Array(running.indices) }
    // Each beginning may be ended by every stop token, and still leave enough others.
    let wanted = search.width * (1 + max(1, search.stopTokens.count))
    let candidates = best(wanted, logits)
    let length = running[0].tokens.count + 1
    var next: [(beam: Beam, source: Int)] = []
    for (rank, candidate) in candidates.enumerated() {
      let isStop = search.stopTokens.contains(candidate.token)
      let before = running[candidate.source].tokens
      if isStop || length == room {
        // What ends counts only where it would have been kept.
        if rank < search.width { add(before, candidate, isStop: isStop, length) }
      } else if next.count < search.width {
        let beam = Beam(tokens: before + [candidate.token], logProbability: candidate.logProbability)
        next.append((beam, candidate.source))
      }
    }
    if next.isEmpty || length == room || cannotImprove(next[0].beam) {
      isFinished = true
      // Any token will do for what is not looked at.
      for place in running.indices { running[place].tokens.append(prompt[0]) }
      return Array(running.indices)
    }
    running = next.map(\.beam)
    return next.map(\.source)
  }

  private mutating func add(_ before: [Int], _ candidate: Candidate, isStop: Bool, _ length: Int) {
    let hypothesis = BeamSearch.Hypothesis(
      tokens: isStop ? before : before + [candidate.token], isComplete: isStop,
      logProbability: candidate.logProbability,
      score: candidate.logProbability / search.normalization.divisor(length))
    found.append(hypothesis)
    // The order of those that are equal stays.
    let ranked = found.enumerated().sorted { ($0.element.score, $1.offset) > ($1.element.score, $0.offset) }
    found = ranked.prefix(search.width).map(\.element)
  }

  /// Whether the best beginning can no longer become better than what was found. Its logarithm only falls; divided by the
  /// largest divisor it is the most that a continuation can reach.
  private func cannotImprove(_ beam: Beam) -> Bool {
    guard found.count == search.width, let worst = found.last else { return false }
    let first = search.normalization.divisor(beam.tokens.count)
    return beam.logProbability / max(first, search.normalization.divisor(room)) <= worst.score
  }

  /// The likeliest continuations, the best first; of equals those of the better beginning and the smaller token.
  private func best(_ wanted: Int, _ logits: [[Float]]) -> [Candidate] {
    var all: [Candidate] = []
    for (source, row) in logits.enumerated() {
      var scores = logSoftmax(row)
      if search.repetitionPenalty != 1 {
        var changed = scores.map(Float.init)
        LogitsProcessor.repetitionPenalty(search.repetitionPenalty)(
          &changed, history: prompt + running[source].tokens)
        scores = changed.map(Double.init)
      }
      let before = running[source].logProbability
      all += placesOfLargest(wanted, in: scores).map {
        Candidate(source: source, token: $0, logProbability: before + scores[$0])
      }
    }
    all.sort { ($0.logProbability, $1.source, $1.token) > ($1.logProbability, $0.source, $0.token) }
    return Array(all.prefix(wanted))
  }
}
