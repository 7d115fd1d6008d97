import Apus
import Testing

/// A wrong call, and what is said of it.
struct ToldMistake: Sendable, CustomTestStringConvertible {
  let message: String
  let call: @Sendable () -> Tensor
  var testDescription: String { message }

  init(_ message: String, _ call: @escaping @Sendable () -> Tensor) { (self.message, self.call) = (message, call) }

  func check(sourceLocation: SourceLocation = #_sourceLocation) {
    let error = #expect(throws: OpError.self, sourceLocation: sourceLocation) { try checked { call() } }
    #expect(error?.description == message, sourceLocation: sourceLocation)
  }
}
