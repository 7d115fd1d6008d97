import Apus
import ApusEmbeddings
import ApusFiles
import ApusFilesTestSupport
import Testing

/// Sentences in which animals and metals keep company of their own, by a formula.
private func makeSentences(_ count: Int = 4000) -> [[String]] {
  let groups = [
    ["swift", "swallow", "martin", "lark"], ["iron", "copper", "silver", "gold"], ["red", "green", "blue", "white"],
  ]
  var random: UInt64 = 7
  func draw(_ count: Int) -> Int {
    random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(random >> 33) % count
  }
  return (0..<count).map { _ in
    let group = groups[draw(3)]
    return (0..<8).map { _ in draw(8) == 0 ? "the" : group[draw(4)] }
  }
}

@Suite struct WordVectorTests {
  private static let groups: [Set<String>] = [
    ["swift", "swallow", "martin", "lark"], ["iron", "copper", "silver", "gold"],
  ]

  private static func expectGroups(_ vectors: WordVectors) throws {
    for group in groups {
      for word in group {
        let near = try #require(vectors.nearest(to: word, count: 3)).map(\.word)
        #expect(Set(near) == group.subtracting([word]), "\(word): \(near)")
      }
    }
  }

  // MARK: Corpora

  @Test func textsBecomeWords() {
    let corpus = WordCorpus("The swift's wing; the SWIFT 'flies'.\nÉté 42 the\n\n'", minimumCount: 1)
    #expect(corpus.words == ["the", "swift's", "wing", "swift", "flies", "été", "42"])
    #expect(corpus.counts == [3, 1, 1, 1, 1, 1, 1] && corpus.tokenCount == 9 && corpus.textLength == 9)
    #expect(WordCorpus("a b a", minimumCount: 2).words == ["a"])
    #expect(WordCorpus("a b a c b", minimumCount: 1, limit: 2).words == ["a", "b"])
    #expect(WordCorpus("A a", minimumCount: 1, lowercases: false).words == ["A", "a"])
  }

  // MARK: Training

  @Test(arguments: [Word2Vec.Architecture.cbow, .skipGram], [true, false])
  func wordsOfOneCompanyAreNear(_ architecture: Word2Vec.Architecture, _ isTree: Bool) throws {
    let corpus = WordCorpus(sentences: makeSentences())
    var learner = Word2Vec(architecture)
    (learner.dimensions, learner.subsampling, learner.learningRate) = (20, 0, 0.05)
    learner.output = isTree ? .hierarchicalSoftmax : .negativeSampling(5)
    let vectors = learner.train(corpus, isReproducible: true)
    try Self.expectGroups(vectors)
    #expect(learner.train(corpus, isReproducible: true).values == vectors.values)
    try Self.expectGroups(learner.train(corpus))
  }

  @Test func trainingTellsHowFarItIsAndStops() {
    let corpus = WordCorpus(sentences: makeSentences())
    var learner = Word2Vec(.skipGram)
    (learner.dimensions, learner.epochs) = (8, 3)
    var seen: [Word2Vec.Progress] = []
    _ = learner.train(corpus) {
      seen.append($0)
      return seen.count < 2
    }
    #expect(seen.count == 2 && seen[1].words == 2 * corpus.tokenCount && seen[1].epoch == 2)
    #expect(abs(seen[1].learningRate - (0.025 - (0.025 - 0.0001) * 2 / 3)) < 1e-12)
    learner.dimensions = 0
    #expect(learner.problem == "dimensions 0, expected 1 to 10,000")
  }

  @Test func singularValuesFindCompanyToo() throws {
    let corpus = WordCorpus(sentences: makeSentences(), minimumCount: 1)
    var learner = SingularValueEmbedding()
    learner.dimensions = 4
    try Self.expectGroups(learner.train(corpus))
  }

  /// The random basis of large matrices finds what NumPy's dense singular values are.
  @Test func singularValuesAreNumPys() throws {
    let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
    let path = folder.joined(separator: "/") + "/Fixtures/word_vectors.json"
    let fixture = try #require(try JSONValue(contentsOf: path)["singular_values"])
    let sentences = try #require(fixture["sentences"]?.array).map { $0.array?.compactMap(\.int).map { "w\($0)" } ?? [] }
    let corpus = WordCorpus(sentences: sentences, minimumCount: 1)
    var learner = SingularValueEmbedding()
    learner.dimensions = 12
    learner.window = 3
    let vectors = learner.train(corpus)
    let products = try #require(fixture["products"]?.array).compactMap(\.double)
    let count = 60
    let rows = try (0..<count).map { try #require(vectors.vector(for: "w\($0)")) }
    #expect(products.count == count * count && vectors.words.count == count)
    var worst = 0.0
    for (a, row) in rows.enumerated() {
      for (b, other) in rows.enumerated() {
        let product = zip(row, other).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
        worst = max(worst, abs(product - products[count * a + b]))
      }
    }
    #expect(worst < 3e-3, "\(worst)")
  }

  // MARK: Questions

  private static let square = WordVectors(
    words: ["king", "queen", "man", "woman", "far"],
    vectors: [1, 1, 0, 1, -1, 0, 0.2, 1, 0, 0.2, -1, 0, 0, 0, 1], dimensions: 3)

  @Test func analogiesAreParallelograms() throws {
    let answers = try #require(Self.square.analogy("man", "king", "woman", count: 1))
    #expect(answers[0].word == "queen" && answers[0].similarity > 0.9)
    #expect(Self.square.analogy("man", "king", "nobody") == nil)
    // cos = (1 - 1) / 2
    #expect(Self.square.similarity("king", "queen") == 0)
    let same = try #require(Self.square.similarity("king", "king"))
    #expect(abs(same - 1) < 1e-6)
    #expect(Self.square.nearest(to: [0, 0, 2], count: 1).first?.word == "far")
  }

  @Test func questionsAreCounted() throws {
    try withTemporaryDirectory { path in
      try AtomicFile.write(
        ": royal\nMan King Woman Queen\nman king woman far\nman king child prince\n", to: path + "/q")
      let results = Self.square.evaluate(try AnalogyQuestions(contentsOf: path + "/q"))
      #expect(results == [.init(section: "royal", correct: 1, asked: 2)])
      try AtomicFile.write("# people\nking\tman\t9\nking\tfar\t1\nking\tqueen\t2\nking\tx\t2\n", to: path + "/s")
      let found = try #require(Self.square.evaluate(try SimilarityJudgements(contentsOf: path + "/s")))
      // Cosines 0.83, 0 and 0 have the ranks 3, 1.5 and 1.5; people's are 3, 1 and 2: r = 1.5 / sqrt(1.5 * 2).
      #expect(found.pairs == 3 && abs(found.correlation - 1.5 / 3.0.squareRoot()) < 1e-12)
      try AtomicFile.write("man king\n", to: path + "/q")
      #expect(throws: FileError.self) { try AnalogyQuestions(contentsOf: path + "/q") }
    }
  }

  // MARK: Files

  @Test func filesComeBackBitForBit() throws {
    try withTemporaryDirectory { path in
      for isBinary in [false, true] {
        try Self.square.write(to: path + "/v", isBinary: isBinary)
        let again = try WordVectors(contentsOf: path + "/v")
        #expect(again.words == Self.square.words && again.values == Self.square.values)
      }
      let bad = WordVectors(words: ["a b"], vectors: [1], dimensions: 1)
      #expect(throws: FileError.self) { try bad.write(to: path + "/v") }
    }
  }

  @Test func damagedFilesAreRefused() throws {
    try withTemporaryDirectory { path in
      let cases: [(String, String)] = [
        ("", "not a file of word vectors"), ("3\na 1\n", "not a file of word vectors"),
        ("999999999 999\na 1\n", "do not fit"), ("-1 2\n", "not a file of word vectors"),
        ("2 2\na 1 2\n", "cut short"), ("1 2\na 1 x\n", "\"x\" is not a number"), ("1 1\na nan\n", "not finite"),
        ("2 1\na 1\na 2\n", "occurs twice"), ("1 1\na 1 2\n", "more numbers than the first line says"),
        ("1 1\na 1\nb 2\n", "more follows"),
      ]
      for (text, expected) in cases {
        try AtomicFile.write(text, to: path + "/v")
        let error = #expect(throws: FileError.self, "\(text)") { try WordVectors(contentsOf: path + "/v") }
        #expect(error?.description.contains(expected) == true, "\(text): \(error?.description ?? "")")
        #expect(error.map { isSingleLine($0.description) } == true)
      }
      try Self.square.write(to: path + "/v", isBinary: true)
      let whole = try File.read(path + "/v")
      for count in stride(from: 0, to: whole.count - 2, by: 3) {
        try AtomicFile.write(Array(whole.prefix(count)), to: path + "/v")
        #expect(throws: FileError.self) { try WordVectors(contentsOf: path + "/v") }
      }
    }
  }
}
