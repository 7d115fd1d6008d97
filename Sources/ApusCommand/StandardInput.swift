import ApusFiles

/// What is piped into the command.
enum StandardInput {
  /// All of it as text. Throws where it is no UTF-8, or more than so many bytes.
  static func text(maximumSize: Int) throws -> String {
    guard let text = String(validating: try File.read("/dev/stdin", maximumSize: maximumSize), as: UTF8.self) else {
      throw Failure("standard input is not UTF-8 text")
    }
    return text
  }
}
