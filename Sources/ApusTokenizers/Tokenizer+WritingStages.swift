import ApusFiles

extension JSONValue {
  /// A part of a tokenizer's file: its type and its fields.
  fileprivate static func part(_ type: String, _ fields: KeyValuePairs<String, JSONValue> = [:]) -> JSONValue {
    var object: JSONObject = ["type": .string(type)]
    for (name, value) in fields { object[name] = value }
    return .object(object)
  }

  fileprivate init(_ scalar: Unicode.Scalar) { self = .string(String(Character(scalar))) }
}

extension TextPattern {
  fileprivate var json: JSONValue { [isExpression ? "Regex" : "String": .string(source)] }
}

extension Normalizer {
  var json: JSONValue {
    switch self {
    case .sequence(let steps): .part("Sequence", ["normalizers": .array(steps.map(\.json))])
    case .nfc: .part("NFC")
    case .nfd: .part("NFD")
    case .nfkc: .part("NFKC")
    case .nfkd: .part("NFKD")
    case .lowercase: .part("Lowercase")
    case .stripAccents: .part("StripAccents")
    case .strip(let left, let right): .part("Strip", ["strip_left": .bool(left), "strip_right": .bool(right)])
    case .replace(let pattern, let text): .part("Replace", ["pattern": pattern.json, "content": .string(text)])
    case .prepend(let text): .part("Prepend", ["prepend": .string(text)])
    case .byteLevel: .part("ByteLevel")
    case .bert(let cleansText, let separatesChinese, let stripsAccents, let lowercases):
      .part(
        "BertNormalizer",
        [
          "clean_text": .bool(cleansText), "handle_chinese_chars": .bool(separatesChinese),
          "strip_accents": .bool(stripsAccents), "lowercase": .bool(lowercases),
        ])
    }
  }
}

extension PreTokenizer {
  var json: JSONValue {
    switch self {
    case .sequence(let steps): .part("Sequence", ["pretokenizers": .array(steps.map(\.json))])
    case .bert: .part("BertPreTokenizer")
    case .whitespace: .part("Whitespace")
    case .whitespaceSplit: .part("WhitespaceSplit")
    case .byteLevel(let addsPrefixSpace, let usesPattern):
      .part(
        "ByteLevel",
        ["add_prefix_space": .bool(addsPrefixSpace), "trim_offsets": true, "use_regex": .bool(usesPattern)])
    case .metaspace(let replacement, let prepends, let splits):
      .part(
        "Metaspace",
        [
          "replacement": JSONValue(replacement), "prepend_scheme": .string(prepends.rawValue), "split": .bool(splits),
        ])
    case .punctuation(let behavior): .part("Punctuation", ["behavior": .string(behavior.rawValue)])
    case .digits(let areSingle): .part("Digits", ["individual_digits": .bool(areSingle)])
    case .split(let pattern, let behavior, let isInverted):
      .part(
        "Split",
        ["pattern": pattern.json, "behavior": .string(behavior.rawValue), "invert": .bool(isInverted)])
    case .delimiter(let scalar): .part("CharDelimiterSplit", ["delimiter": JSONValue(scalar)])
    }
  }
}

extension TokenDecoder {
  var json: JSONValue {
    switch self {
    case .sequence(let steps): .part("Sequence", ["decoders": .array(steps.map(\.json))])
    case .byteLevel: .part("ByteLevel", ["add_prefix_space": true, "trim_offsets": true, "use_regex": true])
    case .wordPiece(let prefix, let cleansUp):
      .part("WordPiece", ["prefix": .string(prefix), "cleanup": .bool(cleansUp)])
    case .metaspace(let replacement, let prepends):
      .part(
        "Metaspace",
        ["replacement": JSONValue(replacement), "prepend_scheme": .string(prepends.rawValue), "split": true])
    case .bytePair(let suffix): .part("BPEDecoder", ["suffix": .string(suffix)])
    case .byteFallback: .part("ByteFallback")
    case .fuse: .part("Fuse")
    case .strip(let scalar, let left, let right):
      .part("Strip", ["content": JSONValue(scalar), "start": JSONValue(left), "stop": JSONValue(right)])
    case .replace(let pattern, let text): .part("Replace", ["pattern": pattern.json, "content": .string(text)])
    }
  }
}
