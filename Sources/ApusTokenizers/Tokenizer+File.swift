import ApusFiles

extension Tokenizer {
  /// The tokenizer in a `tokenizer.json` of Hugging Face's.
  ///
  /// Throws a ``FileError`` that names the field when the file is damaged, or asks for a part that there is not.
  public init(contentsOf path: String) throws(FileError) {
    let json = try JSONValue(contentsOf: path)
    do {
      try self.init(json)
    } catch {
      throw .malformed(path, error.description)
    }
  }

  package init(_ json: JSONValue) throws(TokenizerError) {
    let reader = TokenizerReader(json, "tokenizer")
    guard json.object != nil else { throw TokenizerError("expected a JSON object") }
    let model = try reader.child("model").model()
    self.init(
      normalizer: try reader.optional("normalizer") { reader throws(TokenizerError) in try reader.normalizer() },
      preTokenizer: try reader.optional("pre_tokenizer") { reader throws(TokenizerError) in
        try reader.preTokenizer()
      },
      model: model,
      postProcessor: try reader.optional("post_processor") { reader throws(TokenizerError) in
        try reader.postProcessor()
      } ?? nil,
      decoder: try reader.optional("decoder") { reader throws(TokenizerError) in try reader.decoder() },
      addedTokens: try reader.addedTokens())
    try checkNumbers(reader)
    truncation = try reader.optional("truncation") { reader throws(TokenizerError) in try reader.truncation() }
    padding = try reader.optional("padding") { reader throws(TokenizerError) in try reader.padding() }
    if let padding, padding.id >= vocabularySize {
      throw TokenizerError("padding: the field \"pad_id\" is \(padding.id), past the vocabulary")
    }
  }

  /// Numbers that no token has would only fail in the network that reads them.
  private func checkNumbers(_ reader: TokenizerReader) throws(TokenizerError) {
    for part in (postProcessor?.single ?? []) + (postProcessor?.pair ?? []) {
      guard case .special(let ids, _) = part, let id = ids.first(where: { $0 >= vocabularySize }) else { continue }
      throw TokenizerError("post_processor: a special token has the number \(id), past the vocabulary")
    }
    var seen: [Int: String] = [:]
    for token in addedTokens {
      if let other = seen.updateValue(token.content, forKey: token.id), other != token.content {
        throw TokenizerError("added_tokens: \(other.quoted) and \(token.content.quoted) have the number \(token.id)")
      }
    }
  }
}

/// Reads the parts of a tokenizer's file, knowing where it is.
struct TokenizerReader {
  /// More tokens, and longer results, than any tokenizer has.
  static let limit = 1 << 24

  let json: JSONValue
  let place: String

  init(_ json: JSONValue, _ place: String) { (self.json, self.place) = (json, place) }

  func fail(_ problem: String) -> TokenizerError { TokenizerError("\(place): \(problem)") }

  var type: String { json["type"]?.string ?? "" }

  func unknown(_ what: String) -> TokenizerError { fail("\(what) \"\(type)\" is not known") }

  func child(_ name: String) throws(TokenizerError) -> TokenizerReader {
    guard let value = json[name] else { throw fail("the field \"\(name)\" is missing") }
    return TokenizerReader(value, name)
  }

  func optional<T>(
    _ name: String, _ read: (TokenizerReader) throws(TokenizerError) -> T
  ) throws(TokenizerError) -> T? {
    guard let value = json[name], value != .null else { return nil }
    return try read(TokenizerReader(value, name))
  }

  func children(_ name: String) throws(TokenizerError) -> [TokenizerReader] {
    guard let values = json[name]?.array else { throw fail("the field \"\(name)\" is not an array") }
    return values.enumerated().map { TokenizerReader($1, "\(name)[\($0)]") }
  }

  func string(_ name: String, default standard: String? = nil) throws(TokenizerError) -> String {
    if json[name] == nil || json[name] == .null, let standard { return standard }
    guard let value = json[name]?.string else { throw fail("the field \"\(name)\" is not a string") }
    return value
  }

  func bool(_ name: String, default standard: Bool? = nil) throws(TokenizerError) -> Bool {
    if json[name] == nil || json[name] == .null, let standard { return standard }
    guard let value = json[name]?.bool else { throw fail("the field \"\(name)\" is not true or false") }
    return value
  }

  /// A number that is not negative.
  func count(_ name: String, default standard: Int? = nil) throws(TokenizerError) -> Int {
    if json[name] == nil || json[name] == .null, let standard { return standard }
    guard let value = json[name]?.int, value >= 0, value <= Int(Int32.max) else {
      throw fail("the field \"\(name)\" is not a whole number from 0")
    }
    return value
  }

  /// A number of tokens, or of one.
  func tokenCount(_ name: String, default standard: Int? = nil) throws(TokenizerError) -> Int {
    let value = try count(name, default: standard)
    guard value < Self.limit else { throw fail("the field \"\(name)\" is \(value), more than \(Self.limit - 1)") }
    return value
  }

  /// Text that may be absent.
  func optionalString(_ name: String) throws(TokenizerError) -> String? {
    if json[name] == nil || json[name] == .null { return nil }
    return try string(name)
  }

  /// Whether the direction is from the left.
  func isLeft() throws(TokenizerError) -> Bool {
    let direction = try string("direction", default: "Right")
    guard direction == "Left" || direction == "Right" else {
      throw fail("the direction \(direction.quoted) is neither Left nor Right")
    }
    return direction == "Left"
  }

  func scalar(_ name: String) throws(TokenizerError) -> Unicode.Scalar {
    let text = Array(try string(name).unicodeScalars)
    guard text.count == 1 else { throw fail("the field \"\(name)\" is not one character") }
    return text[0]
  }

  func pattern() throws(TokenizerError) -> TextPattern {
    if let text = json["pattern"]?["String"]?.string { return TextPattern(text) }
    guard let source = json["pattern"]?["Regex"]?.string else { throw fail("the field \"pattern\" is missing") }
    guard let pattern = TextPattern(expression: source) else {
      throw fail("the regular expression \"\(source)\" cannot be understood")
    }
    return pattern
  }
}
