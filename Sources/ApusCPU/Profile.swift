import Synchronization

/// Time by kernel, collected while `collect` or `record` runs.
public final class Profile: Sendable {
  /// One run of a kernel.
  public struct Event: Sendable {
    /// The operations' names with the sizes that decide the time.
    public let label: String
    /// In seconds from the beginning.
    public let start: Double
    public let seconds: Double
    /// Arithmetic done, a multiplication with addition counted as two; 0 where it is not known.
    public let operations: Double
    /// What the kernel has to read and write at least.
    public let bytes: Double
  }

  /// How often a kernel ran, for how long, and what it did in all.
  public struct Entry: Sendable {
    public let label: String
    public var calls = 0
    public var seconds = 0.0
    public var operations = 0.0
    public var bytes = 0.0

    /// Operations for each byte of memory.
    public var intensity: Double { bytes > 0 ? operations / bytes : 0 }

    /// The time that a machine with such rates (operations and bytes a second) needs at least.
    public func floor(operationRate: Double, byteRate: Double) -> Double {
      max(operations / operationRate, bytes / byteRate)
    }
  }

  @TaskLocal static var current: Profile?

  private let events = Mutex<[Event]>([])
  private let clock = ContinuousClock()
  private let beginning = ContinuousClock().now

  /// The runs of kernels in `body`, in their order.
  public static func record(_ body: () throws -> Void) rethrows -> [Event] {
    let profile = Profile()
    try $current.withValue(profile, operation: body)
    return profile.events.withLock { $0 }
  }

  /// The kernels that run in `body`, the slowest first.
  public static func collect(_ body: () throws -> Void) rethrows -> [Entry] { entries(try record(body)) }

  /// Runs of the same kernel on the same sizes put together, the slowest first.
  public static func entries(_ events: [Event]) -> [Entry] {
    var byLabel: [String: Entry] = [:]
    for event in events {
      var entry = byLabel[event.label] ?? Entry(label: event.label)
      entry.calls += 1
      entry.seconds += event.seconds
      entry.operations += event.operations
      entry.bytes += event.bytes
      byLabel[event.label] = entry
    }
    return byLabel.values.sorted { $0.seconds != $1.seconds ? $0.seconds > $1.seconds : $0.label < $1.label }
  }

  func measure(_ step: Step, _ body: () -> Void) {
    let start = clock.now
    body()
    let end = clock.now
    let event = Event(
      label: step.profileLabel, start: beginning.duration(to: start).seconds, seconds: start.duration(to: end).seconds,
      operations: Double(step.operations), bytes: Double(step.traffic))
    events.withLock { $0.append(event) }
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension Step {
  /// The operations' names with the sizes that decide the time.
  var profileLabel: String {
    switch kernel {
    case .matmul(let s, _, _), .matmulPacked(let s, _): "\(label) \(s.batch)×\(s.rows)×\(s.columns)×\(s.inner)"
    case .convolution(let s, _), .convolutionWeightGradient(let s):
      "\(label) \(s.batch)×\(s.in_h)×\(s.in_w)×\(s.in_channels) → \(s.out_h)×\(s.out_w)×\(s.out_channels)"
    case .reduce(_, _, let outer, let reduced, let inner): "\(label) \(outer)×\(reduced)×\(inner)"
    default: label
    }
  }

  /// Arithmetic that the kernel does, a multiplication with addition counted as two; 0 where nobody counts.
  var operations: Int {
    switch kernel {
    case .elementwise(let program): program.operations
    case .matmul(let s, _, _): 2 * s.batch * s.rows * s.columns * s.inner
    case .convolution(let s, _), .convolutionWeightGradient(let s):
      2 * s.batch * s.out_h * s.out_w * s.out_channels * s.kernel_h * s.kernel_w * s.in_channels
    case .reduce(_, _, let outer, let reduced, let inner): outer * reduced * inner
    default: 0
    }
  }
}
