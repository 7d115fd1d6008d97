import ApusTokenizers

/// Tokens as text while they come. Some tokens are parts of characters: text is given out when its bytes are whole.
///
/// What it gives, one piece after the other, is the text of all tokens.
public struct IncrementalDecoder {
  private let tokenizer: Tokenizer
  /// The tokens of the last piece that was given out, and those after it: the text of a token may depend on what stands
  /// before it, such as the space that begins a word.
  private var window: [Int]
  private var heldCount = 0
  /// How many bytes of the window's text have been given out.
  private var givenBytes = 0

  /// How U+FFFD is written, which stands for what is not whole.
  private static let replacement: [UInt8] = [0xEF, 0xBF, 0xBD]

  /// - Parameter prompt: Tokens that go before, whose text is known.
  public init(_ tokenizer: Tokenizer, after prompt: [Int] = []) {
    (self.tokenizer, window) = (tokenizer, prompt)
    var text = Array(tokenizer.decode(prompt).utf8)[...]
    while text.suffix(3).elementsEqual(Self.replacement) { text = text.dropLast(3) }
    givenBytes = text.count
  }

  /// The text that is certain with one more token; empty where a character is not whole yet.
  public mutating func append(_ token: Int) -> String {
    window.append(token)
    heldCount += 1
    let text = Array(tokenizer.decode(window).utf8)
    if text.count <= givenBytes || text.suffix(3).elementsEqual(Self.replacement) { return "" }
    let piece = String(decoding: text[givenBytes...], as: UTF8.self)
    // The next window begins where this piece did, at a whole character.
    window = Array(window.suffix(heldCount))
    heldCount = 0
    givenBytes = tokenizer.decode(window).utf8.count
    return piece
  }

  /// What is left at the end, whole or not.
  public mutating func finish() -> String {
    let text = Array(tokenizer.decode(window).utf8)
    defer { givenBytes = max(givenBytes, text.count) }
    return text.count <= givenBytes ? "" : String(decoding: text[givenBytes...], as: UTF8.self)
  }
}

/// Text up to the first of some texts that end it. A part that may become one of them is held back.
struct StopTexts {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// Whether one of them has come.
  private(set) var isFound = false

  init(_ texts: [String]) { stops = texts.map { Array($0.utf8) }.filter { !$0.isEmpty } }

  /// What of the text so far is certain to come before a stop.
  mutating func append(_ text: String) -> String {
    if isFound { return "" }
    held += Array(text.utf8)
    let found = held.indices.first { place in stops.contains { held[place...].starts(with: $0) } }
    if let found {
      isFound = true
      return take(found)
    }
    let certain = held.indices.first { place in stops.contains { $0.starts(with: held[place...]) } }
    return take(certain ?? held.count)
  }

  /// What was held back.
  mutating func finish() -> String { isFound ? "" : take(held.count) }

  private mutating func take(_ count: Int) -> String {
    defer { held.removeFirst(count) }
    return String(decoding: held.prefix(count), as: UTF8.self)
  }
}
