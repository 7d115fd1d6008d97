import ApusFiles
import ApusTokenizers
import Foundation
import Testing

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// Tokenizers that are written and made here, as Hugging Face's `tokenizers` sees them.
@Suite struct TokenizerWritingTests {
  private static let names = [
    "byte_level", "roberta", "cut_by_expression", "bert", "unigram", "llama", "words", "characters",
  ]

  private static func tokenizer(_ name: String) throws -> Tokenizer {
    try Tokenizer(contentsOf: "\(root)/Tests/Fixtures/tokenizers/\(name).json")
  }

  private static func onDisk<Result>(_ tokenizer: Tokenizer, _ body: (String) throws -> Result) throws -> Result {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try tokenizer.write(to: path)
    return try body(path)
  }

  /// The lines that fixture_tokenizers.py trains on.
  private static func texts() throws -> [String] {
    let licence = try File.readText(root + "/LICENSE").split(separator: "\n").map(String.init)
    return licence + TokenizerTests.sentences + TokenizerTests.sentences + TokenizerTests.sentences
  }

  /// What is written is what was read, member for member, where there is one way only to say it.
  @Test(arguments: names) func writesWhatItRead(_ name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    let original = try JSONValue(contentsOf: "\(root)/Tests/Fixtures/tokenizers/\(name).json")
    for part in ["version", "truncation", "padding", "added_tokens", "pre_tokenizer", "decoder", "model"] {
      #expect(tokenizer.json[part] == original[part], "\(part)")
    }
    let again = try Self.onDisk(tokenizer) { try Tokenizer(contentsOf: $0) }
    #expect(again.json == tokenizer.json)
    for number in 0..<300 {
      let text = FuzzedStrings.string(number)
      let encoding = tokenizer.encode(text)
      #expect(again.encode(text) == encoding)
      #expect(again.decode(encoding.ids) == tokenizer.decode(encoding.ids))
    }
  }

  /// Every part that can be read is written so that it is read as the same.
  @Test func everyPartSurvives() throws {
    let normalizer = Normalizer.sequence([
      .nfc, .nfd, .nfkc, .nfkd, .lowercase, .stripAccents, .strip(left: true, right: false), .prepend("_"),
      .replace(TextPattern("a"), with: "b"), .replace(try #require(TextPattern(expression: "[0-9]+")), with: "#"),
      .bert(cleansText: true, separatesChinese: false, stripsAccents: false, lowercases: true), .byteLevel,
    ])
    let preTokenizer = PreTokenizer.sequence([
      .bert, .whitespace, .whitespaceSplit, .byteLevel(addsPrefixSpace: true, usesPattern: false),
      .metaspace(replacement: "▁", prepends: .first, splits: false), .punctuation(.contiguous),
      .digits(areSingle: true),
      .split(TextPattern("x"), .mergedWithNext, isInverted: true), .delimiter("-"),
    ])
    let decoder = TokenDecoder.sequence([
      .byteLevel, .wordPiece(prefix: "##", cleansUp: false), .metaspace(replacement: "▁", prepends: .never),
      .bytePair(suffix: "</w>"), .byteFallback, .fuse, .strip("_", left: 1, right: 2),
      .replace(TextPattern("▁"), with: " "),
    ])
    var options = BytePairModel.Options()
    (options.unknown, options.fusesUnknown, options.continuationPrefix) = ("?", true, "##")
    (options.endOfWordSuffix, options.fallsBackToBytes, options.ignoresMerges) = ("</w>", true, true)
    let model = try BytePairModel(
      vocabulary: Vocabulary(["?", "a", "##b", "ab"]), merges: [("a", "##b")], options: options)
    var added = AddedToken(id: 4, content: "<s>", isSpecial: true)
    (added.isSingleWord, added.stripsLeft, added.stripsRight, added.isNormalized) = (true, true, true, true)
    var tokenizer = Tokenizer(
      normalizer: normalizer, preTokenizer: preTokenizer, model: .bytePair(model),
      postProcessor: PostProcessor(
        single: [.special(ids: [4], type: 0), .first(type: 0)],
        pair: [.first(type: 0), .special(ids: [4, 1], type: 2), .second(type: 1)]),
      decoder: decoder, addedTokens: [added])
    var truncation = Tokenizer.Truncation(length: 9)
    (truncation.strategy, truncation.isFromLeft) = (.onlySecond, true)
    var padding = Tokenizer.Padding()
    (padding.multiple, padding.isLeft, padding.id) = (8, true, 4)
    (tokenizer.truncation, tokenizer.padding) = (truncation, padding)
    let again = try Self.onDisk(tokenizer) { try Tokenizer(contentsOf: $0) }
    #expect(again.normalizer == normalizer)
    #expect(again.preTokenizer == preTokenizer)
    #expect(again.decoder == decoder)
    #expect(again.postProcessor == tokenizer.postProcessor)
    #expect(again.addedTokens == [added])
    #expect(again.truncation == truncation && again.padding == padding)
    guard case .bytePair(let other) = again.model else { throw TokenizerError("another model") }
    #expect(other.options == options && other.vocabulary == model.vocabulary)
    #expect(other.merges.map { [$0.left, $0.right] } == [["a", "##b"]])
  }

  // MARK: Made from text

  @Test func charactersAreThoseOfHuggingFace() throws {
    let text = try Self.texts().joined(separator: "\n")
    let made = Tokenizer.characters(of: text)
    #expect(made.json == (try Self.tokenizer("characters")).json)
    #expect(made.decode(made.encode(text).ids) == text)
    #expect(made.vocabularySize == Set(text.unicodeScalars).count + 1)
    #expect(made.encode("a\u{1F426}").ids == [made.id("a"), 0])
    let special = Tokenizer.characters(of: "ba", specialTokens: ["<end>"])
    #expect(special.encode("ab<end>b").ids == [2, 3, 0, 3])
    #expect(special.decode([2, 3, 0, 3]) == "abb")
  }

  /// With the stages of the fixture the words are its own, in its order.
  @Test func wordsAreThoseThatHuggingFaceTrains() throws {
    let expected = try Self.tokenizer("words")
    let trained = WordLevelTrainer(
      vocabularySize: 400, normalizer: .sequence([.nfd, .stripAccents, .lowercase]),
      preTokenizer: .sequence([.whitespace, .digits(areSingle: true)])
    ).train(try Self.texts())
    #expect(trained.json == expected.json)
  }

  @Test func wordsAreLimited() {
    let text = "The swift and the swallow: the swift is dark."
    let words = Tokenizer.words(of: text, lowercases: true)
    #expect((0..<4).map { words.token($0) } == ["[UNK]", "the", "swift", "."])
    #expect(words.decode(words.encode("THE Swift").ids) == "the swift")
    #expect(Tokenizer.words(of: text, limit: 3).vocabularySize == 3)
    let frequent = Tokenizer.words(of: text, minimumCount: 2, specialTokens: ["[PAD]", "[UNK]"])
    #expect((0..<5).map { frequent.token($0) } == ["[PAD]", "[UNK]", "swift", "the", nil])
    #expect(frequent.encode("the swallow").ids == [3, 1])
  }

  @Test func bytePairsGiveAnyTextBack() throws {
    let text = try Self.texts().joined(separator: "\n")
    let made = Tokenizer.bytePairs(of: text, vocabularySize: 600, specialTokens: ["<|end|>"])
    #expect(made.vocabularySize == 600)
    for number in 0..<200 {
      let text = FuzzedStrings.string(number).replacing("<|end|>", with: "")
      #expect(made.decode(made.encode(text).ids) == text)
    }
  }

  // MARK: Hugging Face's own reader

  /// A Python that has the package: that of `APUS_TOKENIZERS_PYTHON`, or the benchmarks' own.
  private static let python: String? = {
    let own = root + "/.venv/bin/python"
    let path = ProcessInfo.processInfo.environment["APUS_TOKENIZERS_PYTHON"] ?? (File.exists(own) ? own : "python3")
    return (try? run(path, ["-c", "import tokenizers"], input: ""))?.isEmpty == true ? path : nil
  }()

  private static func run(_ program: String, _ arguments: [String], input: String) throws -> String? {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let (source, result) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (source, result)
    process.standardError = FileHandle.nullDevice
    try process.run()
    source.fileHandleForWriting.write(Data(input.utf8))
    try source.fileHandleForWriting.close()
    let text = result.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: text, as: UTF8.self) : nil
  }

  @Test(
    .enabled(if: Self.python != nil, "no Python with the tokenizers package: set APUS_TOKENIZERS_PYTHON"),
    arguments: names + ["made characters", "made words", "made byte pairs"])
  func huggingFaceReadsWhatIsWritten(_ name: String) throws {
    let text = try Self.texts().joined(separator: "\n")
    let tokenizer =
      switch name {
      case "made characters": Tokenizer.characters(of: text, specialTokens: ["<s>"])
      case "made words": Tokenizer.words(of: text, limit: 300, lowercases: true, specialTokens: ["[PAD]"])
      case "made byte pairs": Tokenizer.bytePairs(of: text, vocabularySize: 500, specialTokens: ["<|end|>"])
      default: try Self.tokenizer(name)
      }
    let texts = (0..<60).map { FuzzedStrings.string($0) }
    let input = texts.map { JSONValue.string($0).serialized() + "\n" }.joined()
    let output = try Self.onDisk(tokenizer) { path in
      try Self.run(try #require(Self.python), [root + "/Tests/Fixtures/check_tokenizer.py", path], input: input)
    }
    let lines = try #require(output, "the file is refused").split(separator: "\n")
    #expect(lines.count == texts.count)
    for (text, line) in zip(texts, lines) {
      let theirs = try #require(try JSONValue(parsing: String(line)).array)
      let ids = tokenizer.encode(text).ids
      #expect(theirs[0].array?.compactMap(\.int) == ids)
      #expect(theirs[1].string.map(FuzzedStrings.points) == FuzzedStrings.points(tokenizer.decode(ids)))
    }
  }
}
