import ApusFiles
import ApusTokenizers
import Testing

private let fixtures =
  "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
  .joined(separator: "/") + "/Fixtures"

/// Tokenizers against Hugging Face's `tokenizers` (fixture_tokenizers.py).
@Suite struct TokenizerTests {
  private static let results = Result { try JSONValue(contentsOf: fixtures + "/tokenizers.json") }

  private static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(contentsOf: fixtures + "/tokenizers/\(name).json")
  }

  @Test func stringsAreThoseOfTheFixture() throws {
    let points = (0..<FuzzedStrings.count).flatMap { FuzzedStrings.points(FuzzedStrings.string($0)) }
    #expect(try Self.results.get()["strings"]?.string == FuzzedStrings.hashed(points).hexadecimal)
  }

  @Test(arguments: ["byte_level", "roberta", "cut_by_expression", "bert", "unigram", "llama", "words", "characters"])
  func equalsHuggingFaceOnFuzzedStrings(_ name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    let expected = try #require(try Self.results.get()[name])
    let ids = try #require(expected["ids"]?.array).compactMap(\.string)
    let decoded = try #require(expected["decoded"]?.array).compactMap(\.string)
    #expect(ids.count * FuzzedStrings.block == FuzzedStrings.count)
    for (number, (ids, decoded)) in zip(ids, decoded).enumerated() {
      var (idHash, textHash) = (FuzzedStrings.hashed([]), FuzzedStrings.hashed([]))
      for place in 0..<FuzzedStrings.block {
        let encoding = tokenizer.encode(FuzzedStrings.string(number * FuzzedStrings.block + place))
        idHash = FuzzedStrings.hashed(encoding.ids + [1 << 32] + encoding.types, idHash)
        textHash = FuzzedStrings.hashed(FuzzedStrings.points(tokenizer.decode(encoding.ids)) + [1 << 32], textHash)
      }
      #expect(idHash.hexadecimal == ids, "ids of block \(number)")
      #expect(textHash.hexadecimal == decoded, "text of block \(number)")
    }
  }

  /// What fixture_tokenizers.py trains on beside the licence.
  static let sentences = [
    "Swifts sleep on the wing, don't they? I've read so; we'll see: it's 2,024 metres up!",
    "Der Mauersegler schläft im Flug; größer als die Schwalbe ist er nicht.",
    "Le martinet noir passe l’été en Europe et l’hiver en Afrique, où il n’atterrit guère.",
    "Чёрный стриж проводит в воздухе почти всю жизнь.",
    "アマツバメは空を飛びながら眠る。雨の日も風の日も。",
    "普通雨燕在飞行中睡觉，几乎从不落地。",
    "السمامة الشائعة تنام وهي تطير. हवा में सोती है।",
  ]

  @Test func trainsTheTokensThatHuggingFaceTrains() throws {
    let licence = String(decoding: try File.read(fixtures + "/../../LICENSE"), as: UTF8.self)
    let texts = licence.split(separator: "\n").map(String.init) + Self.sentences + Self.sentences + Self.sentences
    let trained = BytePairTrainer(vocabularySize: 700, specialTokens: ["<|end|>"]).train(texts)
    let expected = try Self.tokenizer("byte_level")
    #expect(trained.vocabularySize == expected.vocabularySize)
    for id in 0..<expected.vocabularySize { #expect(trained.token(id) == expected.token(id), "token \(id)") }
    let text = texts.joined(separator: "\n") + "<|end|>"
    #expect(trained.encode(text).ids == expected.encode(text).ids)
    #expect(trained.decode(trained.encode(text).ids, skipsSpecialTokens: false) == text)
  }

  @Test func pairsHaveTypesAndAreCutTheLongerFirst() throws {
    let tokenizer = try Self.tokenizer("bert")
    let encoding = tokenizer.encode("Work it", pair: "the licence, of a longer text than the first, which is cut")
    let expected = try Self.results.get()["pair"]?.array?.compactMap(\.int)
    #expect(encoding.ids == expected)
    let end = try #require(encoding.ids.firstIndex(of: 3))
    #expect(
      encoding.types == [Int](repeating: 0, count: end + 1) + [Int](repeating: 1, count: encoding.ids.count - end - 1))
  }

  @Test func batchesAreFilledUp() throws {
    var tokenizer = try Self.tokenizer("byte_level")
    tokenizer.padding = .init()
    let batch = tokenizer.encode(["a", "the licence"])
    #expect(batch[0].ids.count == batch[1].ids.count && batch[0].mask.first == 1 && batch[0].mask.last == 0)
    tokenizer.padding?.isLeft = true
    #expect(tokenizer.encode(["a", "the licence"])[0].mask.first == 0)
  }
}
