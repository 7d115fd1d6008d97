import ApusCPU
import ApusFiles
import Testing

/// The kernels of word vectors against NumPy (fixture_word_vectors.py).
@Suite struct WordVectorKernelTests {
  @Test(arguments: ["cbow_noise", "cbow_tree", "skip_gram_noise", "skip_gram_tree"])
  func stepsAreThoseOfNumPy(_ name: String) throws {
    let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(
      separator: "/")
    let fixture = try JSONValue(contentsOf: folder + "/Fixtures/word_vectors.json")
    func numbers(_ value: JSONValue?, _ key: String) throws -> [Float] {
      try #require(value?[key]?.array).compactMap(\.double).map { Float($0) }
    }
    let output: WordVectorKernels.Output =
      name.hasSuffix("tree")
      ? .tree(
        starts: [0, 2, 4, 6, 9, 12], nodes: [0, 1, 0, 1, 0, 2, 0, 2, 3, 0, 2, 3],
        turns: [0, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1])
      : .noise(samples: 2, limits: [0, 0, 0, 0, 0], aliases: [3, 3, 3, 3, 3])
    let kernels = WordVectorKernels(
      .init(
        dimensions: 20, isSkipGram: name.hasPrefix("skip"), averages: true, shrinksWindow: false, window: 2,
        output: output),
      words: 5, input: try numbers(fixture, "inputs"), output: try numbers(fixture, "outputs"),
      tokens: [0, 2, 4, 2, 1, 0], starts: [0, 6])
    let kept = kernels.run([.init(sentences: 0..<1, rate: 0.1, seed: 7)], isAlone: true)
    #expect(kept == 6)
    for (key, found) in [("inputs", kernels.inputRows), ("outputs", kernels.outputRows)] {
      let expected = try numbers(fixture[name], key)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-6 } && found.count == expected.count, "\(key)")
    }
  }
}
