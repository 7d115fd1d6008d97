import Apus
import ApusLinearAlgebra
import Testing

/// Examples and words by the directions of their singular value decomposition, against NumPy 2.4.6.
@Suite struct RepresentationTests {
  private func isClose(_ x: Tensor, _ expected: [Double], _ unit: Double = 1e-10) -> Bool {
    x.count == expected.count && zip(x.doubles(), expected).allSatisfy { abs($0 - $1) < unit }
  }

  /// numpy.linalg.svd of the centred examples; rows turned so that their largest element is positive.
  @Test func principalComponentsAreNumPys() {
    let x = Tensor(
      [2.5, 2.4, 0.1, 0.5, 0.7, 1.3, 2.2, 2.9, -0.4, 1.9, 2.2, 0.8, 3.1, 3, 0.2], shape: [5, 3], dtype: .float64)
    let all = PrincipalComponents(x)
    let expected = [
      0.6551064089198098, 0.6382217734106795, -0.4043619182572935, 0.5899058912114743, -0.09767413607438957,
      0.8015427640844361, -0.4720663433313027, 0.7636312795365635, 0.44047773656243294,
    ]
    #expect(isClose(all.components, expected))
    #expect(isClose(all.variances, [2.0531152108551542, 0.14662692662328625, 0.026257862521558695]))
    #expect(isClose(all.varianceShares, [0.9223338772934208, 0.06587013774631009, 0.011795984960268959]))
    #expect((all.reconstructed(all.transformed(x)) - x).abs().max().item() < 1e-12)
    let two = PrincipalComponents(x, count: 2)
    #expect(isClose(two.components, Array(expected.prefix(6))))
    let scores = two.transformed(x)
    #expect(scores.shape == [5, 2])
    #expect(isClose(scores[0], [0.5247730073260094, 0.015266018960044956]))
    #expect(isClose(scores[4], [1.2603337248985738, 0.3907593484507395]))
    // What is lost is the variance of the third component.
    let lost = (two.reconstructed(scores) - x).squared().sum().item() / 4
    #expect(abs(lost - 0.026257862521558695) < 1e-12)
    #expect(throws: OpError.self) { try checked { PrincipalComponents(x, count: 4).mean } }
  }

  private static let text =
    "the king rules the land the queen rules the land the dog chases the cat the cat chases the mouse"

  /// Words that stand between the same words have like vectors.
  @Test func wordsAreKnownByTheirCompany() throws {
    let tokens = Self.text.split(separator: " ").map(String.init)
    let vocabulary = Set(tokens).sorted()
    let number = Dictionary(uniqueKeysWithValues: vocabulary.enumerated().map { ($0.element, $0.offset) })
    let counts = cooccurrences(tokens.map { number[$0]! }, vocabulary: vocabulary.count).cast(to: .float64)
    #expect(counts.sum().item() == 74)
    #expect(counts[number["king"]!].doubles() == [0, 0, 0, 0, 0, 0, 0, 1, 2])
    let shifted = positivePointwiseMutualInformation(counts, negativeSamples: 1.5)
    #expect(isClose(shifted[number["king"]!], [0, 0, 0, 0, 0, 0, 0, 0.720546, 0.125839], 1e-6))
    let vectors = wordVectors(positivePointwiseMutualInformation(counts), dimensions: 3)
    #expect(isClose(vectors[number["king"]!], [0.3813656126224968, -0.08087402744931696, 0.3732151350276295], 1e-9))
    func similarity(_ a: String, _ b: String) -> Double {
      cosineSimilarity(vectors[number[a]!], vectors[number[b]!]).item()
    }
    #expect(abs(similarity("king", "queen") - 0.9629077623271283) < 1e-9)
    #expect(abs(similarity("dog", "cat") - 0.779869717406953) < 1e-9)
    #expect(abs(similarity("king", "cat") + 0.11688322646312028) < 1e-9)
    #expect(throws: OpError.self) { try checked { wordVectors(counts, dimensions: 10) } }
    #expect(throws: OpError.self) { try checked { cooccurrences([3], vocabulary: 3) } }
  }
}
