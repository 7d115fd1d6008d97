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
    truncation = try reader.optional("truncation") { reader throws(TokenizerError) in try reader.truncation() }
    padding = try reader.optional("padding") { reader throws(TokenizerError) in try reader.padding() }
  }
}

/// Reads the parts of a tokenizer's file, knowing where it is.
struct TokenizerReader {
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
