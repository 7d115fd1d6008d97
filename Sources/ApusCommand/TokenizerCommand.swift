import Apus
import ApusTokenizers

extension Command {
  static let tokenizer = Command(
    name: "tokenizer", summary: "Learn tokens from texts, and turn text into their numbers and back",
    operands: "train FILE… | encode TOKENIZER TEXT… | decode TOKENIZER ID…", operandCount: 2...10_000,
    options: [
      Option(name: "kind", value: "NAME", help: "characters, words or bpe (train, default bpe)"),
      Option(name: "vocabulary", value: "N", help: "how many tokens at most (train; bpe default 8192)"),
      Option(name: "minimum-count", value: "N", help: "rarer words are unknown (train, default 1)"),
      Option(name: "lowercase", help: "take case away first (train, words)"),
      Option(name: "special", value: "TOKENS", help: "tokens of their own, with commas between (train)"),
      Option(name: "out", value: "FILE", help: "where to write (train, default tokenizer.json)"),
      Option(name: "tokens", help: "print tokens, not their numbers (encode)"),
      Option(name: "keep-special", help: "keep special tokens in the text (decode)"),
    ],
    details: """
      Files are tokenizer.json of Hugging Face's tokenizers: written ones open there, theirs are read.
      A text is encoded on a line of its own. Bytes of a token are shown as GPT-2 writes them (Ġ for
      a space).
      """
  ) { arguments in
    let operands = Array(arguments.operands.dropFirst())
    switch arguments.operands[0] {
    case "train": try trainTokenizer(operands, arguments)
    case "encode":
      let tokenizer = try Tokenizer(contentsOf: operands[0])
      guard operands.count > 1 else { throw UsageError("expected TEXT to encode (apus tokenizer --help)") }
      for text in operands.dropFirst() {
        let ids = tokenizer.encode(text).ids
        let words = arguments.has("tokens") ? ids.map { tokenizer.token($0) ?? "" } : ids.map(String.init)
        Terminal.print(words.joined(separator: " "))
      }
    case "decode":
      let tokenizer = try Tokenizer(contentsOf: operands[0])
      let ids = try operands.dropFirst().flatMap { $0.split { " ,\n".contains($0) } }.map { text in
        guard let id = Int(text), tokenizer.token(id) != nil else {
          throw UsageError("'\(text)' is no token's number, expected 0 to \(tokenizer.vocabularySize - 1)")
        }
        return id
      }
      guard !ids.isEmpty else { throw UsageError("expected numbers of tokens to decode (apus tokenizer --help)") }
      Terminal.print(tokenizer.decode(ids, skipsSpecialTokens: !arguments.has("keep-special")))
    case let word:
      throw UsageError(unknown: "word", word, among: ["train", "encode", "decode"], help: "apus tokenizer --help")
    }
  }

  private static func trainTokenizer(_ files: [String], _ arguments: ParsedArguments) throws {
    let kinds = ["characters", "words", "bpe"]
    let kind = arguments.string("kind") ?? "bpe"
    guard kinds.contains(kind) else {
      throw UsageError(unknown: "kind", kind, among: kinds, help: "apus tokenizer --help")
    }
    let special = arguments.string("special")?.split(separator: ",").map(String.init) ?? []
    let least = kind == "bpe" ? 256 + special.count : 1 + special.count
    let size = try arguments.integer("vocabulary", in: least...1_000_000)
    let minimum = try arguments.integer("minimum-count", in: 1...1_000_000_000) ?? 1
    if kind != "words", arguments.has("lowercase") || arguments.string("minimum-count") != nil {
      throw UsageError("--lowercase and --minimum-count go with --kind words")
    }
    if kind == "characters", size != nil {
      throw UsageError("--kind characters takes every character, no --vocabulary")
    }
    let text = try files.map { try File.readText($0) }.joined(separator: "\n")
    let tokenizer =
      switch kind {
      case "characters": Tokenizer.characters(of: text, specialTokens: special)
      case "words":
        Tokenizer.words(
          of: text, limit: size, minimumCount: minimum, lowercases: arguments.has("lowercase"), specialTokens: special)
      default: Tokenizer.bytePairs(of: text, vocabularySize: size ?? 8192, specialTokens: special)
      }
    let out = arguments.string("out") ?? "tokenizer.json"
    try tokenizer.write(to: out)
    Terminal.note("\(tokenizer.vocabularySize.grouped) tokens")
    Terminal.print(out)
  }
}
