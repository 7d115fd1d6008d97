import ApusNN
import ApusTensor

/// Prompts of several lengths as one batch: filled up from the left, so that all go on at the same place.
struct PromptBatch {
  /// `int32[batch, time]`
  let tokens: Tensor
  let padding: [Int]
  let time: Int

  /// Throws where a prompt is empty, too long or of tokens that the model has not.
  init(_ prompts: [[Int]], vocabulary: Int, context: Int?) throws(GenerationError) {
    time = prompts.map(\.count).max() ?? 0
    for (row, prompt) in prompts.enumerated() {
      let name = prompts.count == 1 ? "the prompt" : "prompt \(row)"
      guard !prompt.isEmpty else { throw GenerationError("generate: \(name) has no tokens, expected at least one") }
      guard let wrong = prompt.first(where: { !(0..<vocabulary).contains($0) }) else { continue }
      throw GenerationError("generate: token \(wrong) of \(name), expected 0 to \(vocabulary - 1)")
    }
    if let context, time > context {
      throw GenerationError("generate: a prompt of \(time) tokens, expected at most \(context), all the model can see")
    }
    let time = time
    padding = prompts.map { time - $0.count }
    let rows = prompts.flatMap { [Int32](repeating: 0, count: time - $0.count) + $0.map { Int32($0) } }
    tokens = Tensor(rows, shape: [prompts.count, time])
  }
}

/// A model that goes on with several sequences, one token each at a time. The weights are those of when it was made.
struct BatchDecoder<Model: AutoregressiveModel> {
  let model: Model
  let state: Model.State
  let prompts: PromptBatch
  /// How many tokens can follow the prompts.
  let room: Int
  private let step: ([Tensor]) -> [Tensor]

  /// - Parameter state: One for `prompts.count` rows that has seen nothing but what goes before each sequence, such as a
  ///   source to translate; the model's own unless given.
  init(_ model: Model, _ prompts: [[Int]], maximumTokens: Int, state: Model.State?) throws(GenerationError) {
    let context = model.contextLength
    let batch = try PromptBatch(prompts, vocabulary: model.vocabularySize, context: context)
    (self.model, self.prompts) = (model, batch)
    room = min(maximumTokens, context.map { $0 - batch.time } ?? maximumTokens, 1 << 40)
    // The last token is not looked at any more.
    let own = state ?? model.makeDecodingState(batch: prompts.count, capacity: batch.time + max(0, room - 1))
    own.reset(padding: batch.padding)
    self.state = own
    step = compile(updating: [own]) { [model.nextLogits($0[0], state: own)] }
  }

  /// The logits of what follows the prompts, one array a row.
  func start() throws(GenerationError) -> [[Float]] {
    if prompts.padding.isEmpty { return [] }
    let logits = model.nextLogits(prompts.tokens, state: state)
    Tensor.evaluate([logits] + state.stateSlots.compactMap(\.tensor))
    return try rows(logits)
  }

  /// The logits of what follows one more token in each row.
  func next(_ tokens: [Int]) throws(GenerationError) -> [[Float]] {
    try rows(step([Tensor(tokens.map { Int32($0) }, shape: [tokens.count, 1])])[0])
  }

  private func rows(_ logits: Tensor) throws(GenerationError) -> [[Float]] {
    let (all, width) = (logits.cast(to: .float32).scalars(Float.self), logits.shape[1])
    let rows = (0..<logits.shape[0]).map { Array(all[($0 * width)..<(($0 + 1) * width)]) }
    for row in rows where !(row.max() ?? 0).isFinite || row.contains(where: \.isNaN) {
      throw GenerationError("generate: the model's logits are not finite: its weights are not usable")
    }
    return rows
  }
}

/// Writes what follows several prompts, one token each at a time.
final class GenerationLoop<Model: AutoregressiveModel> {
  private let model: Model
  private var decoder: BatchDecoder<Model>
  private let options: GenerationOptions
  private let processors: [LogitsProcessor]
  /// For each prompt and sample in turn: what it is so far, with the prompt, and how it is drawn.
  private var histories: [[Int]]
  private var draws: [UniformDraws]
  private(set) var results: [GeneratedSequence]
  private var isFinished: [Bool]
  /// How many tokens were written, and how many of them by this decoder.
  private var count = 0
  private var countOfDecoder = 0
  /// Whether the decoder has a row for each sample, not for each prompt.
  private var isExpanded: Bool
  private let canSlide: Bool

  init(
    _ model: Model, _ prompts: [[Int]], _ options: GenerationOptions, state: Model.State?
  ) throws(GenerationError) {
    try options.check()
    decoder = try BatchDecoder(model, prompts, maximumTokens: options.maximumTokens, state: state)
    (self.model, self.options, processors) = (model, options, options.processors)
    isExpanded = options.samples == 1
    canSlide = options.slidesContext && state == nil
    let samples = options.samples
    let keys = RandomKey(options.seed).split(samples)
    histories = prompts.flatMap { [[Int]](repeating: $0, count: samples) }
    draws = prompts.flatMap { _ in keys.map { UniformDraws(key: $0) } }
    results = histories.map { _ in GeneratedSequence() }
    isFinished = histories.map { _ in false }
  }

  /// The next token of each sequence, nil for those that have ended; nil when all have.
  func next() throws(GenerationError) -> [Int?]? {
    if count >= options.maximumTokens || countOfDecoder >= decoder.room && !canSlide {
      let isContext = count < options.maximumTokens
      for row in results.indices { finish(row, isContext ? .contextLength : .maximumTokens) }
    }
    let wasFinished = isFinished
    guard isFinished.contains(false) else { return nil }
    if countOfDecoder >= decoder.room { try slide() }
    let logits = try nextLogits()
    (count, countOfDecoder) = (count + 1, countOfDecoder + 1)
    var tokens: [Int?] = []
    for row in results.indices { tokens.append(wasFinished[row] ? nil : choose(row, logits[row])) }
    return tokens
  }

  /// Begins anew with the last half of what the model can look at.
  private func slide() throws(GenerationError) {
    let kept = max(1, (model.contextLength ?? 2) / 2)
    let windows = histories.map { Array($0.suffix(kept)) }
    decoder = try BatchDecoder(model, windows, maximumTokens: options.maximumTokens - count, state: nil)
    (countOfDecoder, isExpanded) = (0, true)
  }

  private func nextLogits() throws(GenerationError) -> [[Float]] {
    if countOfDecoder > 0 { return try decoder.next(histories.map { $0.last! }) }
    let first = try decoder.start()
    if isExpanded { return first }
    isExpanded = true
    let rows = first.indices.flatMap { [Int](repeating: $0, count: options.samples) }
    decoder.state.select(rows: rows)
    return rows.map { first[$0] }
  }

  /// The token that a row goes on with; nil where it is one to stop at.
  private func choose(_ row: Int, _ logits: [Float]) -> Int? {
    var logits = logits
    for processor in processors { processor(&logits, history: histories[row]) }
    let token = options.temperature == 0 ? placeOfLargest(logits) : draws[row].choose(softmax(logits))
    results[row].logProbability += Double(logits[token]) - logSum(logits)
    histories[row].append(token)
    if options.stopTokens.contains(token) {
      finish(row, .stopToken(token))
      return nil
    }
    results[row].tokens.append(token)
    return token
  }

  /// Ends a sequence, unless it has ended.
  func finish(_ row: Int, _ ending: GeneratedSequence.Ending) {
    if isFinished[row] { return }
    (isFinished[row], results[row].ending) = (true, ending)
  }
}

/// Numbers in [0, 1), one after another from a key.
struct UniformDraws {
  private var key: RandomKey
  private var numbers: ArraySlice<Double> = []

  init(key: RandomKey) { self.key = key }

  /// A place, with these probabilities.
  mutating func choose(_ probabilities: [Double]) -> Int {
    if numbers.isEmpty { numbers = Tensor.uniform([64], key: &key, dtype: .float64).doubles()[...] }
    var rest = numbers.removeFirst()
    for (place, probability) in probabilities.enumerated() where probability > 0 {
      rest -= probability
      if rest < 0 { return place }
    }
    // Rounding may leave a little.
    return probabilities.lastIndex { $0 > 0 } ?? 0
  }
}
