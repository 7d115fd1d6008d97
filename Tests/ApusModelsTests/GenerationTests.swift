import Apus
import Testing

/// Every kind of model that writes sequences.
enum WritingModel: String, CaseIterable, CustomTestStringConvertible {
  case gpt, lstm, gru, elman, jordan

  var testDescription: String { rawValue }

  /// A small model with decided opinions.
  func make(vocabulary: Int = 13, seed: UInt64 = 5) -> any AutoregressiveModel & Layer {
    var key = RandomKey(seed)
    let model: any AutoregressiveModel & Layer
    switch self {
    case .gpt:
      model = GPT(
        GPT.Configuration(vocabulary: vocabulary, context: 24, width: 16, layers: 2, heads: 4, tiesHead: false),
        key: &key)
    case .lstm, .gru, .elman, .jordan:
      let cell = RecurrentLanguageModel.Cell(rawValue: rawValue)!
      model = RecurrentLanguageModel(
        cell, vocabulary: vocabulary, features: 8, hidden: 12, layers: cell == .jordan ? 1 : 2, key: &key)
    }
    for entry in model.parameters where entry.slot.tensor!.rank > 1 { entry.slot.tensor = entry.slot.tensor! * 4 }
    return model
  }
}

@Suite struct GenerationTests {
  private static let prompts = [[3, 1, 4, 1, 5], [9, 2], [6, 5, 3, 5, 8, 9, 7], [11]]

  /// The likeliest tokens, each by a pass over the whole sequence.
  private func recomputed(_ model: any Layer, _ prompt: [Int], _ count: Int) -> [Int] {
    var tokens = prompt
    for _ in 0..<count {
      let logits = model(Tensor(tokens.map { Int32($0) }, shape: [1, tokens.count]))
      tokens.append(Int(logits[0, -1].argMax().item()))
    }
    return Array(tokens.dropFirst(prompt.count))
  }

  /// Token by token with what the model remembers, logits are those of the whole sequence.
  @Test(arguments: WritingModel.allCases) func decodingStepByStepChangesNothing(_ kind: WritingModel) {
    func difference(_ model: some AutoregressiveModel & Layer) -> Double {
      var key = RandomKey(8)
      let tokens = Tensor.randomIntegers([3, 12], in: 0..<13, key: &key)
      let whole = model(tokens)
      let state = model.makeDecodingState(batch: 3, capacity: 12)
      let step = compile(updating: state) { model.nextLogits($0, state: state) }
      var worst = (step(tokens[TensorIndex.all, 0..<5]) - whole[TensorIndex.all, 4]).abs().max().item()
      for place in 5..<12 {
        let logits = step(tokens[TensorIndex.all, place..<place + 1])
        worst = max(worst, (logits - whole[TensorIndex.all, place]).abs().max().item())
      }
      return worst
    }
    #expect(difference(kind.make()) < 1e-4)
  }

  @Test(arguments: WritingModel.allCases) func greedyTakesTheLikeliestEachTime(_ kind: WritingModel) throws {
    let model = kind.make()
    var options = GenerationOptions.greedy
    options.maximumTokens = 9
    let found = try model.generate([Self.prompts[0]], options)[0][0]
    #expect(found.tokens == recomputed(model, Self.prompts[0], 9))
    #expect(found.ending == .maximumTokens)
  }

  /// Prompts of different lengths go on in a batch as each does by itself, drawn or not.
  @Test(arguments: WritingModel.allCases) func rowsOfABatchAreTheirSingleRuns(_ kind: WritingModel) throws {
    let model = kind.make()
    for options in [
      GenerationOptions(maximumTokens: 10, temperature: 0),
      GenerationOptions(maximumTokens: 10, temperature: 0.8, topK: 6, topP: 0.95, samples: 2, seed: 3),
    ] {
      let together = try model.generate(Self.prompts, options)
      for (prompt, sequences) in zip(Self.prompts, together) {
        let alone = try model.generate([prompt], options)[0]
        #expect(sequences.map(\.tokens) == alone.map(\.tokens))
      }
    }
  }

  @Test func seedsAndSamplesAreDifferent() throws {
    let model = WritingModel.gpt.make()
    func tokens(_ seed: UInt64) throws -> [[Int]] {
      try model.generate([[1]], GenerationOptions(maximumTokens: 12, temperature: 2, samples: 3, seed: seed))[0].map(
        \.tokens)
    }
    let first = try tokens(1)
    #expect(try first == tokens(1))
    #expect(Set(first).count == 3)
    #expect(try first != tokens(2))
  }

  /// How often tokens are drawn is what their probabilities say: χ² of 4,000 draws.
  @Test func tokensAreDrawnAsOftenAsTheyAreProbable() throws {
    let model = WritingModel.elman.make(vocabulary: 5)
    func probabilities(_ model: some AutoregressiveModel) -> [Double] {
      let state = model.makeDecodingState(batch: 1, capacity: 1)
      return (model.nextLogits(Tensor([Int32(2)], shape: [1, 1]), state: state) / 1.5).softmax().doubles()
    }
    let expected = probabilities(model)
    let options = GenerationOptions(maximumTokens: 1, temperature: 1.5, samples: 4_000, seed: 11)
    var counts = [Double](repeating: 0, count: 5)
    for sequence in try model.generate([[2]], options)[0] { counts[sequence.tokens[0]] += 1 }
    let statistic = zip(counts, expected).reduce(0.0) {
      $0 + ($1.0 - 4_000 * $1.1) * ($1.0 - 4_000 * $1.1) / (4_000 * $1.1)
    }
    // The 99.9th percentile of χ² with four degrees of freedom.
    #expect(statistic < 18.47)
  }

  @Test func stopTokensEndASequenceAndLeaveTheOthers() throws {
    let model = WritingModel.gpt.make()
    var options = GenerationOptions.greedy
    options.maximumTokens = 10
    let free = try model.generate(Self.prompts, options).map { $0[0].tokens }
    let stop = free[0][3]
    options.stopTokens = [stop]
    for (all, sequences) in zip(free, try model.generate(Self.prompts, options)) {
      let end = all.firstIndex(of: stop)
      #expect(sequences[0].tokens == Array(all.prefix(end ?? all.count)))
      #expect(sequences[0].ending == (end == nil ? .maximumTokens : .stopToken(stop)))
    }
  }

  /// The logarithm of a sequence's probability is the sum of those of its tokens.
  @Test func probabilitiesAreProductsOfThoseOfTheTokens() throws {
    let model = WritingModel.lstm.make()
    let prompt = Self.prompts[0]
    let found = try model.generate([prompt], GenerationOptions(maximumTokens: 6, seed: 4))[0][0]
    let whole = prompt + found.tokens
    let logits = model(Tensor(whole.map { Int32($0) }, shape: [1, whole.count])).logSoftmax()
    let sum = (prompt.count..<whole.count).reduce(0.0) { $0 + logits[0, $1 - 1, whole[$1]].item() }
    #expect(abs(found.logProbability - sum) < 1e-4)
  }

  @Test func theContextEndsASequence() throws {
    let model = WritingModel.gpt.make()
    let found = try model.generate([Self.prompts[1]], GenerationOptions(maximumTokens: 100))[0][0]
    #expect(found.tokens.count == 22)
    #expect(found.ending == .contextLength)
  }

  /// Beyond the context the model looks at the last half of it.
  @Test func aContextThatSlidesGoesOn() throws {
    let model = WritingModel.gpt.make()
    let prompt = Self.prompts[1]
    let options = GenerationOptions(maximumTokens: 40, temperature: 0, slidesContext: true)
    let found = try model.generate([prompt], options)[0][0]
    #expect(found.tokens.count == 40 && found.ending == .maximumTokens)
    let whole = prompt + found.tokens
    // 24 fit; then 12 of them are kept, twice.
    for end in 2..<42 {
      let start = end < 24 ? 0 : end < 36 ? 12 : 24
      #expect(recomputed(model, Array(whole[start..<end]), 1) == [whole[end]], "token \(end)")
    }
  }

  @Test func whoIsToldOfTokensCanStop() throws {
    let model = WritingModel.gpt.make()
    var told: [Int] = []
    let found = try model.generate([Self.prompts[0]], .greedy) { _, _, token in
      told.append(token)
      return told.count < 4
    }
    #expect(told.count == 4)
    #expect(found[0][0].tokens == told)
    #expect(found[0][0].ending == .interrupted)
  }

  @Test func aStreamGivesTheSameTokens() async throws {
    let model = WritingModel.gru.make()
    let options = GenerationOptions(maximumTokens: 8, seed: 9)
    var streamed: [Int] = []
    for try await token in try model.tokens(after: Self.prompts[2], options) { streamed.append(token) }
    #expect(try streamed == model.generate([Self.prompts[2]], options)[0][0].tokens)
  }

  @Test func whatCannotBeWrittenIsToldInOneLine() throws {
    let model = WritingModel.gpt.make()
    func message(_ prompts: [[Int]], _ options: GenerationOptions = .greedy) -> String? {
      do {
        _ = try model.generate(prompts, options)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(message([[]]) == "generate: the prompt has no tokens, expected at least one")
    #expect(message([[1], [2, 13]]) == "generate: token 13 of prompt 1, expected 0 to 12")
    #expect(
      message([[Int](repeating: 1, count: 25)])
        == "generate: a prompt of 25 tokens, expected at most 24, all the model can see")
    #expect(message([[1]], GenerationOptions(temperature: -1)) == "generate: temperature -1.0, expected 0 or more")
    #expect(message([[1]], GenerationOptions(topP: 0)) == "generate: topP 0.0, expected above 0 and at most 1")
    model.parameters[0].slot.tensor = .full(Double.nan, model.parameters[0].slot.tensor!.shape)
    #expect(message([[1]]) == "generate: the model's logits are not finite: its weights are not usable")
  }
}
