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

  /// Sources of several lengths in batches give what each gives by itself; attention is shared out among the source's
  /// tokens.
  @Test func batchesTranslateAsSentencesDo() throws {
    for translator in translators() {
      let sources: [[Int32]] = [[3, 5, 7, 2], [9, 8, 2], [4, 4, 6, 5, 3, 2], [7, 2]]
      for beams in [1, 3] {
        let all = try translator.translations(
          of: sources, begin: 1, end: 2, limit: 5, beams: beams, batchSize: 3)
        for (source, found) in zip(sources, all) {
          let alone = try translator.translations(of: [source], begin: 1, end: 2, limit: 5, beams: beams)
          #expect(found == alone[0], "\(type(of: translator)), \(beams) beams")
        }
      }
      let attention = translator.attention(from: sources[0], to: [4, 6], begin: 1)
      if (translator as? RecurrentTranslator)?.attention == RecurrentTranslator.Attention.none {
        #expect(attention == nil)
        continue
      }
      #expect(attention?.count == 3)
      for row in attention ?? [] { #expect(row.count == 4 && abs(row.reduce(0, +) - 1) < 1e-5) }
    }
  }

  /// The decoder with a cache says what whole targets give, several places at a time too, and looks where the layer of
  /// attention says.
  @Test func cachedDecoderIsTheDecoder() {
    var key = RandomKey(9)
    for normFirst in [true, false] {
      let model = Transformer(
        16, heads: 2, encoderLayers: 1, decoderLayers: 2, hidden: 24, dropout: 0.1, normFirst: normFirst, key: &key)
      let (memory, targets) = (Tensor.normal([2, 5, 16], key: &key), Tensor.normal([2, 7, 16], key: &key))
      let isPadding = Tensor([0, 0, 0, 0, 1, 0, 0, 0, 1, 1] as [Int32], shape: [2, 5]) .> 0
      let whole = model.decoder(targets, memory, masks: DecoderMasks(memoryKeyPadding: isPadding, isCausal: true))
      var cache = model.decoder.makeCache(memory, capacity: 9, memoryKeyPadding: isPadding)
      var start = 0
      for count in [3, 1, 1, 2] {
        let part = targets[0..., start..<start + count]
        let (output, weights) = model.decoder(part, cache: &cache, position: Tensor(start, dtype: .int32))
        let difference = (output - whole[0..., start..<start + count]).abs().max().item()
        #expect(difference < 1e-5, "\(difference) at \(start)")
        #expect(weights.shape == [2, count, 5])
        #expect(abs(weights[1, 0, 3].item()) < 1e-7 && abs(weights.sum().item() - Double(2 * count)) < 1e-4)
        cache = DecoderCache(tensors: cache.tensors)
        start += count
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
