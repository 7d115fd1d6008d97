/// The arguments of a subcommand, checked against what it takes.
struct ParsedArguments: Sendable {
  let operands: [String]
  private let values: [String: String]
  private let flags: Set<String>
  private let command: String

  init(_ arguments: [String], for command: Command) throws {
    var operands: [String] = []
    var values: [String: String] = [:]
    var flags: Set<String> = []
    var place = 0
    var onlyOperands = false
    while place < arguments.count {
      let argument = arguments[place]
      place += 1
      // A lone "-" is an operand; "-epochs" is an option that lacks a dash.
      if onlyOperands || !argument.hasPrefix("-") || argument == "-" {
        operands.append(argument)
        continue
      }
      if argument == "--" {
        onlyOperands = true
        continue
      }
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard let option = command.options.first(where: { "--\($0.name)" == parts[0] }) else {
        throw UsageError(
          unknown: "option", parts[0], among: command.options.map { "--\($0.name)" },
          help: "apus \(command.name) --help")
      }
      let name = option.name
      guard values[name] == nil, !flags.contains(name) else { throw UsageError("--\(name) is given twice") }
      guard let value = option.value else {
        guard parts.count == 1 else { throw UsageError("--\(name) takes no value") }
        flags.insert(name)
        continue
      }
      if parts.count == 2 {
        values[name] = parts[1]
      } else if place < arguments.count, !arguments[place].hasPrefix("--") {
        // What begins with two dashes is rather the next option; --name=--value says that it is not.
        values[name] = arguments[place]
        place += 1
      }
      guard values[name]?.isEmpty == false else { throw UsageError("--\(name) needs a value, \(value)") }
    }
    guard command.operandCount.contains(operands.count) else {
      let problem =
        operands.count < command.operandCount.lowerBound
        ? "expected \(command.operands)" : "'\(operands[command.operandCount.upperBound])' is one argument too many"
      throw UsageError("\(problem) (apus \(command.name) --help)")
    }
    guard operands.allSatisfy({ !$0.isEmpty }) else {
      throw UsageError("an argument is empty, expected \(command.operands) (apus \(command.name) --help)")
    }
    self.operands = operands
    self.values = values
    self.flags = flags
    self.command = command.name
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }
  func string(_ name: String) -> String? { values[name] }
  /// Whether an option of either kind is given.
  func isGiven(_ name: String) -> Bool { has(name) || string(name) != nil }

  /// A whole number in a range.
  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = values[name] else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw UsageError(
        "--\(name) \(text): expected a whole number from \(range.lowerBound) to \(range.upperBound.grouped)")
    }
    return value
  }

  /// A finite number above zero.
  func positiveNumber(_ name: String) throws -> Double? {
    guard let text = values[name] else { return nil }
    guard let value = Double(text), value > 0, value.isFinite else {
      throw UsageError("--\(name) \(text): expected a number above 0")
    }
    return value
  }

  /// A number in a range.
  func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let text = values[name] else { return nil }
    guard let value = Double(text), range.contains(value) else {
      let lower = range.lowerBound == .leastNonzeroMagnitude ? "above 0" : "from \(range.lowerBound.shortest)"
      throw UsageError("--\(name) \(text): expected a number \(lower) to \(range.upperBound.shortest)")
    }
    return value
  }

  /// A seed: a whole number from 0 on.
  func seed(_ name: String) throws -> UInt64? {
    guard let text = values[name] else { return nil }
    guard let value = UInt64(text) else { throw UsageError("--\(name) \(text): expected a whole number, 0 or more") }
    return value
  }
}

extension Double {
  /// The number without a fraction that is zero.
  fileprivate var shortest: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}
