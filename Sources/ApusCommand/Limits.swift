/// What numbers on the command line may be: more would only exhaust the machine.
enum Limits {
  static let threads = 1...1024
  static let batchSize = 1...1_000_000
  static let epochs = 1...1_000_000
  static let steps = 1...1_000_000_000
}
