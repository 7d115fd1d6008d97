import ApusFiles

extension TokenizerReader {
  func normalizer() throws(TokenizerError) -> Normalizer {
    switch type {
    case "Sequence":
      var steps: [Normalizer] = []
      for child in try children("normalizers") { steps.append(try child.normalizer()) }
      return .sequence(steps)
    case "NFC": return .nfc
    case "NFD": return .nfd
    case "NFKC": return .nfkc
    case "NFKD": return .nfkd
    case "Lowercase": return .lowercase
    case "StripAccents": return .stripAccents
    case "Strip": return .strip(left: try bool("strip_left"), right: try bool("strip_right"))
    case "Replace": return .replace(try pattern(), with: try string("content"))
    case "Prepend": return .prepend(try string("prepend"))
    case "ByteLevel": return .byteLevel
    case "BertNormalizer":
      let lowercases = try bool("lowercase")
      return .bert(
        cleansText: try bool("clean_text"), separatesChinese: try bool("handle_chinese_chars"),
        stripsAccents: try bool("strip_accents", default: lowercases), lowercases: lowercases)
    default: throw unknown("the normalizer")
    }
  }

  func preTokenizer() throws(TokenizerError) -> PreTokenizer {
    switch type {
    case "Sequence":
      var steps: [PreTokenizer] = []
      for child in try children("pretokenizers") { steps.append(try child.preTokenizer()) }
      return .sequence(steps)
    case "BertPreTokenizer": return .bert
    case "Whitespace": return .whitespace
    case "WhitespaceSplit": return .whitespaceSplit
    case "ByteLevel":
      return .byteLevel(
        addsPrefixSpace: try bool("add_prefix_space"), usesPattern: try bool("use_regex", default: true))
    case "Metaspace":
      return .metaspace(
        replacement: try scalar("replacement"), prepends: try prependScheme(), splits: try bool("split", default: true))
    case "Punctuation": return .punctuation(try behavior(default: .isolated))
    case "Digits": return .digits(areSingle: try bool("individual_digits"))
    case "Split": return .split(try pattern(), try behavior(), isInverted: try bool("invert"))
    case "CharDelimiterSplit": return .delimiter(try scalar("delimiter"))
    default: throw unknown("the pre-tokenizer")
    }
  }

  private func behavior(default standard: PreTokenizer.Behavior? = nil) throws(TokenizerError) -> PreTokenizer.Behavior
  {
    if json["behavior"] == nil, let standard { return standard }
    guard let behavior = PreTokenizer.Behavior(rawValue: try string("behavior")) else {
      throw fail("the behavior \"\(try string("behavior"))\" is not known")
    }
    return behavior
  }

  private func prependScheme() throws(TokenizerError) -> PreTokenizer.PrependScheme {
    if let scheme = json["prepend_scheme"]?.string {
      guard let known = PreTokenizer.PrependScheme(rawValue: scheme) else {
        throw fail("the prepend scheme \"\(scheme)\" is not known")
      }
      return known
    }
    // Files from before there were schemes.
    return try bool("add_prefix_space", default: true) ? .always : .never
  }

  func decoder() throws(TokenizerError) -> TokenDecoder {
    switch type {
    case "Sequence":
      var steps: [TokenDecoder] = []
      for child in try children("decoders") { steps.append(try child.decoder()) }
      return .sequence(steps)
    case "ByteLevel": return .byteLevel
    case "WordPiece": return .wordPiece(prefix: try string("prefix"), cleansUp: try bool("cleanup"))
    case "Metaspace": return .metaspace(replacement: try scalar("replacement"), prepends: try prependScheme())
    case "BPEDecoder": return .bytePair(suffix: try string("suffix"))
    case "ByteFallback": return .byteFallback
    case "Fuse": return .fuse
    case "Strip": return .strip(try scalar("content"), left: try count("start"), right: try count("stop"))
    case "Replace": return .replace(try pattern(), with: try string("content"))
    default: throw unknown("the decoder")
    }
  }

  /// Nil where nothing is added.
  func postProcessor() throws(TokenizerError) -> PostProcessor? {
    switch type {
    case "TemplateProcessing":
      let special = try child("special_tokens")
      return PostProcessor(
        single: try parts("single", special), pair: try parts("pair", special))
    case "BertProcessing", "RobertaProcessing":
      let (start, end) = (try tokenID("cls"), try tokenID("sep"))
      let isRoberta = type == "RobertaProcessing"
      let (open, close) = (
        PostProcessor.Part.special(ids: [start], type: 0), { PostProcessor.Part.special(ids: [end], type: $0) }
      )
      return PostProcessor(
        single: [open, .first(type: 0), close(0)],
        pair: isRoberta
          ? [open, .first(type: 0), close(0), close(0), .second(type: 0), close(0)]
          : [open, .first(type: 0), close(0), .second(type: 1), close(1)])
    case "ByteLevel": return nil
    case "Sequence":
      var found: PostProcessor?
      for child in try children("processors") {
        guard let processor = try child.postProcessor() else { continue }
        if found != nil { throw fail("only one processor of a sequence can add tokens") }
        found = processor
      }
      return found
    default: throw unknown("the post-processor")
    }
  }

  private func tokenID(_ name: String) throws(TokenizerError) -> Int {
    guard let pair = json[name]?.array, pair.count == 2, let id = pair[1].int, id >= 0 else {
      throw fail("the field \"\(name)\" is not a token and its number")
    }
    return id
  }

  private func parts(_ name: String, _ special: TokenizerReader) throws(TokenizerError) -> [PostProcessor.Part] {
    var parts: [PostProcessor.Part] = []
    for child in try children(name) {
      if let sequence = child.json["Sequence"] {
        let reader = TokenizerReader(sequence, child.place)
        let type = try reader.count("type_id")
        switch try reader.string("id") {
        case "A": parts.append(.first(type: type))
        case "B": parts.append(.second(type: type))
        case let other: throw reader.fail("the sequence \"\(other)\" is neither A nor B")
        }
      } else if let token = child.json["SpecialToken"] {
        let reader = TokenizerReader(token, child.place)
        let name = try reader.string("id")
        guard let ids = special.json[name]?["ids"]?.array?.map(\.int),
          !ids.contains(where: { $0.map { $0 < 0 } ?? true })
        else { throw special.fail("the token \"\(name)\" has no numbers") }
        parts.append(.special(ids: ids.compactMap { $0 }, type: try reader.count("type_id")))
      } else {
        throw child.fail("neither a sequence nor a special token")
      }
    }
    return parts
  }

  func addedTokens() throws(TokenizerError) -> [AddedToken] {
    guard json["added_tokens"] != nil, json["added_tokens"] != .null else { return [] }
    var tokens: [AddedToken] = []
    for child in try children("added_tokens") {
      var token = AddedToken(
        id: try child.tokenCount("id"), content: try child.string("content"), isSpecial: try child.bool("special"))
      token.isSingleWord = try child.bool("single_word", default: false)
      token.stripsLeft = try child.bool("lstrip", default: false)
      token.stripsRight = try child.bool("rstrip", default: false)
      token.isNormalized = try child.bool("normalized", default: !token.isSpecial)
      tokens.append(token)
    }
    return tokens
  }

  func truncation() throws(TokenizerError) -> Tokenizer.Truncation {
    var truncation = Tokenizer.Truncation(length: try count("max_length"))
    guard let strategy = Tokenizer.Truncation.Strategy(rawValue: try string("strategy", default: "LongestFirst")) else {
      throw fail("the strategy \"\(try string("strategy"))\" is not known")
    }
    truncation.strategy = strategy
    truncation.isFromLeft = try isLeft()
    return truncation
  }

  func padding() throws(TokenizerError) -> Tokenizer.Padding {
    var padding = Tokenizer.Padding()
    if let fixed = json["strategy"]?["Fixed"] {
      guard let length = fixed.int, 0..<Self.limit ~= length else { throw fail("the field \"Fixed\" is not a length") }
      padding.length = length
    }
    if json["pad_to_multiple_of"] != nil, json["pad_to_multiple_of"] != .null {
      padding.multiple = try tokenCount("pad_to_multiple_of")
    }
    padding.isLeft = try isLeft()
    padding.id = try count("pad_id", default: 0)
    padding.type = try count("pad_type_id", default: 0)
    return padding
  }
}
