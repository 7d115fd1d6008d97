import ApusNN
import ApusTensor

extension Translator {
  /// What the model writes of each of some sentences, without the marks at the beginning and the end.
  ///
  /// Sentences of about the same length go together, `batchSize` of them.
  ///
  /// - Parameters:
  ///   - sources: Token numbers, with the marks that the model was trained with.
  ///   - begin: The number of the mark that targets begin with.
  ///   - end: That of the mark that they end with.
  ///   - limit: The most tokens of a translation.
  ///   - beams: How many beginnings are kept (``BeamSearch``); of 1, the likeliest token is taken at each step.
  /// - Throws: ``GenerationError`` where sources are not of the model's tokens, or its logits are not numbers.
  public func translations(
    of sources: [[Int32]], begin: Int, end: Int, limit: Int, beams: Int = 1, batchSize: Int = 32
  ) throws(GenerationError) -> [[Int]] {
    let decoder = TranslationDecoder(self)
    let greedy = GenerationOptions(maximumTokens: limit, stopTokens: [end], temperature: 0)
    let search = BeamSearch(width: beams, maximumTokens: limit, stopTokens: [end])
    let order = sources.indices.sorted { (sources[$0].count, $0) < (sources[$1].count, $1) }
    var translations = [[Int]](repeating: [], count: sources.count)
    for first in stride(from: 0, to: order.count, by: batchSize) {
      let rows = order[first..<min(first + batchSize, order.count)]
      let state = decoder.state(reading: batch(rows.map { sources[$0] }))
      let prompts = rows.map { _ in [begin] }
      let found =
        beams == 1
        ? try decoder.generate(prompts, greedy, from: state).map { $0[0].tokens }
        : try decoder.beamSearch(prompts, search, from: state).map { $0.first?.tokens ?? [] }
      for (row, tokens) in zip(rows, found) { translations[row] = tokens }
    }
    return translations
  }

  /// Sources as `[batch, sourceTime]`, of a few different times so that few programs are planned.
  private func batch(_ sources: [[Int32]]) -> Tensor {
    let time = (max(1, sources.map(\.count).max() ?? 1) + 3) / 4 * 4
    let rows = sources.flatMap { $0 + [Int32](repeating: Int32(padding), count: time - $0.count) }
    return Tensor(rows, shape: [sources.count, time])
  }

  /// How much of each step's attention each of the source's tokens gets while a translation is written: a row for each of
  /// its tokens and one for the mark at the end. Nil where the model has no attention.
  ///
  /// - Parameters:
  ///   - source: Token numbers, with the marks that the model was trained with.
  ///   - translation: What ``translations(of:begin:end:limit:beams:batchSize:)`` gave.
  ///   - begin: The number of the mark that targets begin with.
  public func attention(from source: [Int32], to translation: [Int], begin: Int) -> [[Double]]? {
    var state = self.begin(Tensor(source, shape: [1, source.count]))
    var rows: [Tensor] = []
    for (place, token) in ([begin] + translation).enumerated() {
      let step = next(Tensor([Int32(token)]), state, position: Tensor(place, dtype: .int32))
      guard let weights = step.attention else { return nil }
      rows.append(weights)
      state = step.state
      Tensor.evaluate([weights] + state)
    }
    return rows.map { $0.doubles() }
  }
}
