import ApusNN
import ApusTensor

/// What a model made of a sentence.
public struct Translation: Hashable, Sendable {
  /// Without the marks at the beginning and the end.
  public let tokens: [Int32]
  /// How much of each step's attention each of the source's tokens got, where there is attention: a row for each token and
  /// one for the mark at the end.
  public let attention: [[Double]]
}

extension Translator {
  /// The likeliest token at each step, for each of some sentences, until the mark at the end.
  ///
  /// - Parameters:
  ///   - sources: Token numbers, with the marks that the model was trained with.
  ///   - begin: The number of the mark that targets begin with.
  ///   - end: That of the mark that they end with.
  ///   - limit: The most tokens of a translation.
  ///   - batchSize: How many sentences are translated at a time.
  public func greedyTranslations(
    of sources: [[Int32]], begin: Int, end: Int, limit: Int, batchSize: Int = 32
  ) -> [Translation] {
    let start = compile(updating: [self]) { (source: [Tensor]) in self.begin(source[0]) }
    var hasAttention = false
    // The token, the place, and the state.
    let step = compile(updating: [self]) { (given: [Tensor]) in
      let result = self.next(given[0], Array(given[2...]), position: given[1])
      hasAttention = result.attention != nil
      return [result.logits.argMax().cast(to: .int32)] + [result.attention].compactMap { $0 } + result.state
    }
    // Sentences of about the same length go together, all batches being of the same size: few programs are planned.
    let order = sources.indices.sorted { (sources[$0].count, $0) < (sources[$1].count, $1) }
    var translations = [Translation](repeating: Translation(tokens: [], attention: []), count: sources.count)
    for first in stride(from: 0, to: order.count, by: batchSize) {
      let rows = order[first..<min(first + batchSize, order.count)]
      let time = (max(1, rows.map { sources[$0].count }.max() ?? 1) + 3) / 4 * 4
      var numbers = [Int32](repeating: Int32(padding), count: batchSize * time)
      for (row, index) in rows.enumerated() {
        numbers.replaceSubrange(
          row * time..<row * time + sources[index].count, with: sources[index])
      }
      var state = Phase.with(.inference) { start([Tensor(numbers, shape: [batchSize, time])]) }
      var token = Tensor([Int32](repeating: Int32(begin), count: batchSize))
      var tokens = [[Int32]](repeating: [], count: rows.count)
      var attention = [[[Double]]](repeating: [], count: rows.count)
      var isOpen = [Bool](repeating: true, count: rows.count)
      for place in 0..<limit where isOpen.contains(true) {
        var results = Phase.with(.inference) { step([token, Tensor(place, dtype: .int32)] + state) }
        token = results.removeFirst()
        let weights = hasAttention ? results.removeFirst().doubles() : []
        state = results
        for (row, value) in token.scalars(Int32.self).prefix(rows.count).enumerated() where isOpen[row] {
          if hasAttention {
            let length = sources[rows[rows.startIndex + row]].count
            attention[row].append(Array(weights[(row * time)..<(row * time + length)]))
          }
          isOpen[row] = value != Int32(end)
          if isOpen[row] { tokens[row].append(value) }
        }
      }
      for (row, index) in rows.enumerated() {
        translations[index] = Translation(tokens: tokens[row], attention: attention[row])
      }
    }
    return translations
  }
}
