import ApusTraining

/// Something that a recipe's model is made with and that `apus train` may be told otherwise: `--code 16`.
public struct ModelOption: Sendable {
  /// What it may be.
  public enum Kind: Hashable, Sendable {
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    case word([String])
    /// Whole numbers with commas between them, one at least.
    case integers(ClosedRange<Int>)
  }

  /// As it is spelled after two dashes.
  public let name: String
  public let kind: Kind
  /// What it is unless told.
  public let usual: ModelSettings.Value
  /// One line for `apus train --help`; the same in all recipes that have the option.
  public let help: String

  public init(_ name: String, _ kind: Kind, _ usual: ModelSettings.Value, _ help: String) {
    (self.name, self.kind, self.usual, self.help) = (name, kind, usual, help)
  }

  /// A whole number in a range.
  public static func integer(_ name: String, _ usual: Int, in range: ClosedRange<Int>, _ help: String) -> ModelOption {
    ModelOption(name, .integer(range), .integer(usual), help)
  }

  /// A number in a range.
  public static func number(
    _ name: String, _ usual: Double, in range: ClosedRange<Double>, _ help: String
  ) -> ModelOption {
    ModelOption(name, .number(range), .number(usual), help)
  }

  /// One of some words, the first unless told.
  public static func word(_ name: String, among words: [String], _ help: String) -> ModelOption {
    ModelOption(name, .word(words), .word(words[0]), help)
  }

  /// Whole numbers in a range.
  public static func integers(
    _ name: String, _ usual: [Int], in range: ClosedRange<Int>, _ help: String
  ) -> ModelOption {
    ModelOption(name, .integers(range), .integers(usual), help)
  }

  /// What a text on the command line means; nil for what the option cannot be.
  public func parsed(_ text: String) -> ModelSettings.Value? {
    let value: ModelSettings.Value? =
      switch kind {
      case .integer: Int(text).map { .integer($0) }
      case .number: Double(text).map { .number($0) }
      case .word: .word(text)
      case .integers: ModelOption.list(text).map { .integers($0) }
      }
    return value.flatMap { allows($0) ? $0 : nil }
  }

  private static func list(_ text: String) -> [Int]? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    return numbers.contains(nil) ? nil : numbers.compactMap { $0 }
  }

  /// Whether it can be that.
  public func allows(_ value: ModelSettings.Value) -> Bool {
    switch (kind, value) {
    case (.integer(let range), .integer(let number)): range.contains(number)
    case (.number(let range), .number(let number)): range.contains(number)
    case (.number(let range), .integer(let number)): range.contains(Double(number))
    case (.word(let words), .word(let word)): words.contains(word)
    case (.integers(let range), .integers(let numbers)):
      !numbers.isEmpty && numbers.count <= 64 && numbers.allSatisfy(range.contains)
    default: false
    }
  }

  /// What it can be, in words: `a whole number from 1 to 4096`.
  public var expectation: String {
    func spelled(_ number: Double) -> String {
      number == number.rounded() && number.magnitude < 1e15 ? "\(Int(number))" : "\(number)"
    }
    return switch kind {
    case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .number(let range): "a number from \(spelled(range.lowerBound)) to \(spelled(range.upperBound))"
    case .word(let words): words.joined(separator: " or ")
    case .integers(let range):
      "whole numbers from \(range.lowerBound) to \(range.upperBound) with commas between them"
    }
  }

  /// What stands for the value in help texts.
  public var valueName: String {
    switch kind {
    case .integer: "N"
    case .number: "X"
    case .word: "NAME"
    case .integers: "N,N,…"
    }
  }
}
