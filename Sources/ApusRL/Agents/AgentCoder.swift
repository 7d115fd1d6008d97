import ApusData
import ApusTensor

/// What an agent goes on from, written to tensors or read from them by one description: see ``DeepAgent/code(_:)``.
public final class AgentCoder {
  /// What was written, by name.
  public private(set) var tensors: [(name: String, tensor: Tensor)] = []
  private let saved: [String: Tensor]?

  /// Writes.
  public init() { saved = nil }

  /// Reads what was written.
  public init(reading tensors: [(name: String, tensor: Tensor)]) {
    saved = Dictionary(tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
  }

  /// Why tensors are not an agent's state.
  public struct Mismatch: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
  }

  private func code(_ name: String, _ current: Tensor, anyCount: Bool = false) throws -> Tensor {
    guard let saved else {
      tensors.append((name, current))
      return current
    }
    guard let found = saved[name] else { throw Mismatch(description: "it lacks \(name)") }
    let fits = anyCount ? found.rank == 1 : found.shape == current.shape
    guard fits, found.dtype == current.dtype else {
      throw Mismatch(
        description: "\(name) is \(found.dtype)\(found.shape), this agent expects \(current.dtype)\(current.shape)")
    }
    return found
  }

  private func code<Element: TensorElement>(
    _ name: String, _ values: inout [Element], anyCount: Bool = false, _ tensor: ([Element]) -> Tensor
  ) throws {
    values = try code(name, tensor(values), anyCount: anyCount).scalars(Element.self)
  }

  // MARK: Values

  public func code(_ name: String, _ values: inout [Float]) throws { try code(name, &values) { Tensor($0) } }

  public func code(_ name: String, _ values: inout [Double]) throws {
    try code(name, &values) { Tensor($0, dtype: .float64) }
  }

  /// - Parameter range: What each must be in.
  public func code(_ name: String, _ values: inout [Int32], in range: ClosedRange<Int32>) throws {
    try code(name, &values) { Tensor($0) }
    try check(name, values, range)
  }

  /// Whole numbers, each in a range.
  public func code(_ name: String, _ values: inout [Int], in range: ClosedRange<Int>) throws {
    try code(name, &values) { Tensor($0) }
    try check(name, values, range)
  }

  /// As many numbers as there happen to be.
  public func code(list name: String, _ values: inout [Double]) throws {
    try code(name, &values, anyCount: true) { Tensor($0, dtype: .float64) }
  }

  public func code(_ name: String, _ value: inout Double) throws {
    var values = [value]
    try code(name, &values)
    value = values[0]
  }

  public func code(_ name: String, _ value: inout Int, in range: ClosedRange<Int>) throws {
    var values = [value]
    try code(name, &values, in: range)
    value = values[0]
  }

  public func code(_ name: String, _ randoms: inout [SplitMix64]) throws {
    var seeds = randoms.map(\.seed)
    try code(name, &seeds) { Tensor($0) }
    randoms = seeds.map { SplitMix64(seed: $0) }
  }

  public func code(_ name: String, _ random: inout SplitMix64) throws {
    var randoms = [random]
    try code(name, &randoms)
    random = randoms[0]
  }

  /// A network or an optimizer.
  public func code(_ name: String, _ object: any Stateful) throws {
    for (number, slot) in object.stateSlots.enumerated() {
      guard let tensor = slot.tensor else { continue }
      slot.tensor = try code("\(name).\(number)", tensor)
    }
  }

  private func check<Number: BinaryInteger>(_ name: String, _ values: [Number], _ range: ClosedRange<Number>) throws {
    if let wrong = values.first(where: { !range.contains($0) }) {
      throw Mismatch(
        description: "\(name) has \(wrong), expected \(range.lowerBound) to \(range.upperBound)")
    }
  }
}

extension VectorEnvironment where E: ControlEnvironment {
  /// The copies as they are between two steps, when no episode waits to be taken.
  mutating func code(_ coder: AgentCoder) throws {
    for copy in copies.indices {
      try coder.code("environment.\(copy).state", &copies[copy].state)
      try coder.code("environment.\(copy).observation", &observations[copy])
    }
    try coder.code("environment.rewards", &rewards)
    try coder.code("environment.lengths", &lengths, in: 0...Int(Int32.max))
    try coder.code("environment.random", &randoms)
  }
}
