import Apus
import Testing

@Suite struct BeamSearchTests {
  /// A search that is wide enough finds what going through all sequences finds, for both ways to count length.
  @Test(
    arguments: WritingModel.allCases,
    [BeamSearch.LengthNormalization.power(0), .power(1), .power(-0.5), .wu(0.8)])
  func aWideSearchFindsTheBestOfAll(_ kind: WritingModel, _ normalization: BeamSearch.LengthNormalization) throws {
    let (model, stop, length) = (kind.make(vocabulary: 4), 0, 4)
    let prompt = [1, 3]
    // All sequences that end with the stop token or at the greatest length.
    var sequences: [[Int]] = [[]]
    var all: [[Int]] = []
    for _ in 0..<length {
      let longer = sequences.flatMap { sequence in (0..<4).map { sequence + [$0] } }
      all += longer.filter { $0.last == stop || $0.count == length }
      sequences = longer.filter { $0.last != stop }
    }
    func score(_ sequence: [Int]) -> (sum: Double, score: Double) {
      let whole = prompt + sequence
      let logits = model(Tensor(whole.map { Int32($0) }, shape: [1, whole.count])).logSoftmax().doubles()
      let sum = sequence.indices.reduce(0.0) { $0 + logits[(prompt.count + $1 - 1) * 4 + sequence[$1]] }
      let count = Double(sequence.count)
      switch normalization {
      case .power(let exponent): return (sum, sum / Tensor(count, dtype: .float64).power(exponent).item())
      case .wu(let exponent): return (sum, sum / Tensor((5 + count) / 6, dtype: .float64).power(exponent).item())
      }
    }
    let best = try #require(all.map { ($0, score($0)) }.max { $0.1.score < $1.1.score })
    let search = BeamSearch(width: 64, maximumTokens: length, stopTokens: [stop], normalization: normalization)
    let found = try #require(try model.beamSearch([prompt], search)[0].first)
    #expect(found.tokens == best.0.filter { $0 != stop })
    #expect(abs(found.logProbability - best.1.sum) < 1e-4)
    #expect(abs(found.score - best.1.score) < 1e-4)
  }

  @Test func oneBeamIsGreedy() throws {
    let model = WritingModel.gru.make()
    var options = GenerationOptions.greedy
    options.maximumTokens = 10
    let greedy = try model.generate([[4, 2]], options)[0][0]
    let found = try model.beamSearch([[4, 2]], BeamSearch(width: 1, maximumTokens: 10))[0][0]
    #expect(found.tokens == greedy.tokens)
    #expect(abs(found.logProbability - greedy.logProbability) < 1e-4)
  }

  @Test(arguments: WritingModel.allCases) func promptsOfABatchAreSearchedAsByThemselves(_ kind: WritingModel) throws {
    let model = kind.make()
    let prompts = [[3, 1, 4], [9], [2, 6, 5, 3, 5]]
    let search = BeamSearch(width: 3, maximumTokens: 8, stopTokens: [0, 7])
    let together = try model.beamSearch(prompts, search)
    for (prompt, hypotheses) in zip(prompts, together) {
      #expect(try hypotheses.map(\.tokens) == model.beamSearch([prompt], search)[0].map(\.tokens))
    }
  }
}
