import Synchronization

/// Time by kernel, collected while `collect` runs.
public final class Profile: Sendable {
  /// How often a kernel ran, and for how long in all.
  public struct Entry: Sendable {
    public let label: String
    public var calls = 0
    public var seconds = 0.0
  }

  @TaskLocal static var current: Profile?

  private let entries = Mutex<[String: Entry]>([:])

  /// The kernels that run in `body`, the slowest first.
  public static func collect(_ body: () throws -> Void) rethrows -> [Entry] {
    let profile = Profile()
    try $current.withValue(profile, operation: body)
    return profile.entries.withLock { $0.values.sorted { $0.seconds > $1.seconds } }
  }

  func measure(_ step: Step, _ body: () -> Void) {
    let duration = ContinuousClock().measure(body)
    let seconds = Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    let label = step.profileLabel
    entries.withLock { entries in
      var entry = entries[label] ?? Entry(label: label)
      entry.calls += 1
      entry.seconds += seconds
      entries[label] = entry
    }
  }
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
}
