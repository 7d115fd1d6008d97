/// Where mistakes of a caller go that show only while a graph is transformed.
package enum GraphMistakes {
  /// What notes a mistake instead of stopping the program.
  @TaskLocal package static var note: (@Sendable (OpError) -> Void)?

  /// Stops the program, or notes the mistake and goes on.
  package static func report(_ message: String) {
    guard let note else { fatalError(message) }
    note(OpError(message))
  }
}
