/// Why a tokenizer cannot be made; printed as one line.
public struct TokenizerError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}
