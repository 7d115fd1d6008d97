import Apus
import ApusLanguage
import ApusTokenizers
import Foundation
import Testing

private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Fixtures")

private func tokenizer(_ name: String) throws -> Tokenizer {
  try Tokenizer(contentsOf: fixtures.appendingPathComponent("tokenizers/\(name).json").path)
}

/// The tiny GPT-2 of Hugging Face's, with a tokenizer whose tokens are parts of characters.
private func generator() throws -> TextGenerator {
  let model = try GPT(directory: fixtures.appendingPathComponent("pretrained/gpt2").path)
  return TextGenerator(model, try tokenizer("byte_level"), stopTokens: [0], startToken: 0)
}

@Suite struct IncrementalDecoderTests {
  private static let kinds = ["bert", "byte_level", "cut_by_expression", "llama", "roberta", "unigram", "words"]
  private static let texts = [
    "Swifts sleep on the wing, don't they? I've read so; we'll see: it's 2,024 metres up!",
    "Größer als die Schwalbe ist er nicht. 👩‍👩‍👧 e\u{301} naïve ½ — 🇨🇭!", "アマツバメは空を飛びながら眠る。", "普通雨燕 в воздухе\n\n  почти",
  ]

  /// The pieces are the text of all tokens, and each is whole.
  @Test(arguments: kinds) func piecesMakeTheWholeText(_ kind: String) throws {
    let tokenizer = try tokenizer(kind)
    for text in Self.texts {
      let ids = tokenizer.encode(text).ids
      let whole = tokenizer.decode(ids)
      var decoder = IncrementalDecoder(tokenizer)
      let pieces = ids.map { decoder.append($0) } + [decoder.finish()]
      #expect(Array(pieces.joined().utf8) == Array(whole.utf8), "\(kind): \(text)")
      if !whole.contains("\u{FFFD}") { #expect(!pieces.contains { $0.contains("\u{FFFD}") }) }
    }
  }

  /// After a prompt the pieces are what the whole text has more than the prompt.
  @Test(arguments: kinds) func piecesFollowAPrompt(_ kind: String) throws {
    let tokenizer = try tokenizer(kind)
    let ids = tokenizer.encode(Self.texts[0], addsSpecialTokens: false).ids
    for cut in 0...ids.count {
      var decoder = IncrementalDecoder(tokenizer, after: Array(ids.prefix(cut)))
      let rest = ids.dropFirst(cut).map { decoder.append($0) }.joined() + decoder.finish()
      #expect(tokenizer.decode(Array(ids.prefix(cut))) + rest == tokenizer.decode(ids), "\(kind) at \(cut)")
    }
  }

  /// A character of several tokens comes when its last one does.
  @Test func charactersComeWhole() throws {
    let tokenizer = try tokenizer("byte_level")
    let ids = tokenizer.encode("a🪿b", addsSpecialTokens: false).ids
    #expect(ids.count > 4)
    var decoder = IncrementalDecoder(tokenizer)
    let pieces = ids.map { decoder.append($0) }.filter { !$0.isEmpty }
    #expect(pieces == ["a", "🪿", "b"])
  }

  /// Bytes that never become a character are given out at the end, as decoding gives them.
  @Test func brokenCharactersComeAtTheEnd() throws {
    let tokenizer = try tokenizer("byte_level")
    let ids = Array(tokenizer.encode("ab🪿", addsSpecialTokens: false).ids.dropLast())
    var decoder = IncrementalDecoder(tokenizer)
    let pieces = ids.map { decoder.append($0) }
    #expect(pieces.joined() == "ab")
    #expect(pieces.joined() + decoder.finish() == tokenizer.decode(ids))
  }
}

@Suite struct TextGeneratorTests {
  @Test func textIsThatOfTheTokens() throws {
    let generator = try generator()
    let options = GenerationOptions(maximumTokens: 20, temperature: 1.5, samples: 2, seed: 4)
    var streamed = [["", ""], ["", ""]]
    let texts = try generator.generate(["Swifts", "普通"], options) { prompt, sample, piece in
      streamed[prompt][sample] += piece
      return true
    }
    for (prompt, (written, pieces)) in zip(["Swifts", "普通"], zip(texts, streamed)) {
      for (text, whole) in zip(written, pieces) {
        let ids = generator.tokens(of: prompt) + text.tokens
        #expect(text.text == whole)
        #expect(generator.tokenizer.decode(ids) == generator.tokenizer.decode(generator.tokens(of: prompt)) + text.text)
      }
    }
  }

  @Test func aStreamGivesTheSameText() async throws {
    let generator = try generator()
    let options = GenerationOptions(maximumTokens: 20, seed: 2)
    var streamed = ""
    for try await piece in try generator.text(after: "Swifts", options) { streamed += piece }
    #expect(try streamed == generator.generate(["Swifts"], options)[0][0].text)
  }

  /// A stop text ends the text wherever it lies, and nothing of it is given out before.
  @Test func stopTextsEndTheText() throws {
    let generator = try generator()
    let options = GenerationOptions(maximumTokens: 20, temperature: 0)
    let free = try generator.generate(["Swifts"], options)[0][0].text
    for length in [1, 2, 4] {
      let stop = String(free.dropFirst(5).prefix(length))
      var streamed = ""
      let found = try generator.generate(["Swifts"], options, stopTexts: [stop]) { _, _, piece in
        streamed += piece
        return true
      }[0][0]
      let place = try #require(free.range(of: stop))
      #expect(found.text == free[..<place.lowerBound])
      #expect(streamed == found.text)
      #expect(found.ending == nil)
    }
  }

  @Test func anEmptyPromptBeginsWithTheStartToken() throws {
    #expect(try generator().tokens(of: "") == [0])
  }

  @Test func beamsAreTexts() throws {
    let generator = try generator()
    let found = try generator.beamSearch(["Swifts"], BeamSearch(width: 3, maximumTokens: 6))[0]
    #expect(found.count == 3)
    for (text, hypothesis) in found {
      #expect(
        generator.tokenizer.decode(generator.tokens(of: "Swifts") + hypothesis.tokens) == "Swifts" + text)
    }
  }
}
