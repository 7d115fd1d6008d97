import ApusFiles

extension TokenizerReader {
  func model() throws(TokenizerError) -> TokenModel {
    // Old files do not say which kind it is.
    let kind =
      type.isEmpty ? json["merges"] != nil ? "BPE" : json["vocab"]?.array != nil ? "Unigram" : "WordPiece" : type
    switch kind {
    case "BPE": return .bytePair(try bytePair())
    case "WordPiece": return .wordPiece(try wordPiece())
    case "Unigram": return .unigram(try unigram())
    case "WordLevel":
      let unknown = try string("unk_token", default: "[UNK]")
      return .wordLevel(WordLevelModel(vocabulary: try vocabulary(), unknown: unknown.isEmpty ? nil : unknown))
    default: throw unknown("the model")
    }
  }

  private func vocabulary() throws(TokenizerError) -> Vocabulary {
    guard let object = json["vocab"]?.object else { throw fail("the field \"vocab\" is not an object") }
    var tokens: [(token: ByteString, id: Int)] = []
    var seen: Set<Int> = []
    for (token, value) in object {
      guard let id = value.int, 0..<Self.limit ~= id else {
        throw fail("the token \"\(token)\" has no number from 0 to \(Self.limit - 1)")
      }
      guard seen.insert(id).inserted else { throw fail("two tokens have the number \(id)") }
      tokens.append((ByteString(token), id))
    }
    return Vocabulary(numbered: tokens)
  }

  private func bytePair() throws(TokenizerError) -> BytePairModel {
    var merges: [(left: String, right: String)] = []
    if json["merges"] != nil, json["merges"]?.array == nil { throw fail("the field \"merges\" is not an array") }
    for (number, value) in (json["merges"]?.array ?? []).enumerated() {
      if let pair = value.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string {
        merges.append((left, right))
      } else if let line = value.string {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw fail("merges[\(number)] is not two tokens with a space between them") }
        merges.append((String(parts[0]), String(parts[1])))
      } else {
        throw fail("merges[\(number)] is not a pair of tokens")
      }
    }
    if let dropout = json["dropout"], dropout != .null, dropout.double != 0 {
      throw fail("dropout is not supported, only null or 0")
    }
    var options = BytePairModel.Options()
    options.unknown = try optionalString("unk_token")
    options.fusesUnknown = try bool("fuse_unk", default: false)
    options.continuationPrefix = try string("continuing_subword_prefix", default: "")
    options.endOfWordSuffix = try string("end_of_word_suffix", default: "")
    options.fallsBackToBytes = try bool("byte_fallback", default: false)
    options.ignoresMerges = try bool("ignore_merges", default: false)
    let vocabulary = try vocabulary()
    do {
      return try BytePairModel(vocabulary: vocabulary, merges: merges, options: options)
    } catch {
      throw fail(error.description)
    }
  }

  private func wordPiece() throws(TokenizerError) -> WordPieceModel {
    let (vocabulary, unknown) = (try vocabulary(), try string("unk_token", default: "[UNK]"))
    guard vocabulary.id(unknown) != nil else { throw fail("the unknown token \"\(unknown)\" is not in the vocabulary") }
    return WordPieceModel(
      vocabulary: vocabulary, unknown: unknown,
      continuationPrefix: try string("continuing_subword_prefix", default: "##"),
      longestWord: try count("max_input_chars_per_word", default: 100))
  }

  private func unigram() throws(TokenizerError) -> UnigramModel {
    guard let entries = json["vocab"]?.array else { throw fail("the field \"vocab\" is not an array") }
    var tokens: [String] = []
    var scores: [Double] = []
    for (number, entry) in entries.enumerated() {
      guard let pair = entry.array, pair.count == 2, let token = pair[0].string, let score = pair[1].double,
        score.isFinite
      else { throw fail("vocab[\(number)] is not a token and its score") }
      tokens.append(token)
      scores.append(score)
    }
    guard tokens.count < Self.limit else { throw fail("vocab has \(tokens.count) tokens") }
    var unknown: Int?
    if json["unk_id"] != nil, json["unk_id"] != .null {
      let id = try count("unk_id")
      guard tokens.indices.contains(id) else { throw fail("unk_id is \(id), past the vocabulary") }
      unknown = id
    }
    return UnigramModel(
      vocabulary: Vocabulary(tokens), scores: scores, unknownID: unknown,
      fallsBackToBytes: try bool("byte_fallback", default: false))
  }
}
