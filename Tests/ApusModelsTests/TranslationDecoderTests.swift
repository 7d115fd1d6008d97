import Apus
import Testing

/// Translators as models that write.
@Suite struct TranslationDecoderTests {
  private static let sources = [[3, 5, 7, 2, 0, 0], [9, 8, 2, 0, 0, 0], [4, 4, 6, 5, 3, 2]]

  private func translators() -> [any Translator] {
    var key = RandomKey(4)
    var made: [any Translator] = RecurrentTranslator.Attention.allCases.map {
      RecurrentTranslator($0, sourceVocabulary: 12, targetVocabulary: 9, features: 8, hidden: 8, key: &key)
    }
    made.append(
      TransformerTranslator(
        sourceVocabulary: 12, targetVocabulary: 9, context: 12, width: 16, layers: 2, heads: 2, key: &key))
    for model in made {
      for entry in model.parameters where entry.slot.tensor!.rank > 1 { entry.slot.tensor = entry.slot.tensor! * 3 }
    }
    return made
  }

  private func tensor(_ rows: [[Int]]) -> Tensor {
    Tensor(rows.flatMap { $0.map { Int32($0) } }, shape: [rows.count, rows[0].count])
  }

  /// What is written is what whole targets give, for each source of a batch and by itself.
  @Test func greedyIsThatOfWholeTargets() throws {
    for translator in translators() {
      let decoder = TranslationDecoder(translator)
      let options = GenerationOptions(maximumTokens: 6, temperature: 0)
      let state = decoder.state(reading: tensor(Self.sources))
      let found = try decoder.generate([[1], [1], [1]], options, from: state)
      for (source, sequences) in zip(Self.sources, found) {
        var target = [1]
        for _ in 0..<6 {
          let logits = translator(tensor([source]), tensor([target]))
          target.append(Int(logits[0, -1].argMax().item()))
        }
        #expect(sequences[0].tokens == Array(target.dropFirst()), "\(type(of: translator))")
      }
    }
  }

  /// A wide search finds the likeliest of all targets.
  @Test func beamsFindTheLikeliestTarget() throws {
    for translator in translators() {
      let (decoder, source) = (TranslationDecoder(translator), tensor([Self.sources[0]]))
      let search = BeamSearch(width: 81, maximumTokens: 3, stopTokens: [2], normalization: .wu(0.6))
      let found = try decoder.beamSearch([[1]], search, from: decoder.state(reading: source))[0]
      var best = (tokens: [Int](), score: -Double.infinity)
      var beginnings: [([Int], Double)] = [([], 0)]
      for length in 1...3 {
        let targets = tensor(beginnings.map { [1] + $0.0 })
        let repeated = source.broadcast(to: [targets.shape[0], 6])
        let logits = translator(repeated, targets)[0..., -1].logSoftmax().doubles()
        var longer: [([Int], Double)] = []
        for (row, (tokens, sum)) in beginnings.enumerated() {
          for token in 0..<9 {
            let total = sum + logits[row * 9 + token]
            let divisor = Tensor((5 + Double(length)) / 6, dtype: .float64).power(0.6).item()
            if token == 2 || length == 3 {
              if total / divisor > best.score { best = (token == 2 ? tokens : tokens + [token], total / divisor) }
            } else {
              longer.append((tokens + [token], total))
            }
          }
        }
        beginnings = longer
      }
      #expect(found[0].tokens == best.tokens, "\(type(of: translator))")
      #expect(abs(found[0].score - best.score) < 1e-4)
    }
  }
}
