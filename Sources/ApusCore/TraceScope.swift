import Synchronization

/// The time in which a transform needs what its variables lead to.
///
/// While a scope is open, evaluated nodes that descend from its variables keep their operands, so that they can be
/// differentiated; afterwards they are freed like all others.
public final class TraceScope: Sendable {
  private let parent: TraceScope?
  private let level: Int
  private let isClosed = Atomic(false)

  public init(parent: TraceScope?) {
    self.parent = parent
    level = (parent?.level ?? 0) + 1
  }

  public var isOpen: Bool { !isClosed.load(ordering: .relaxed) || (parent?.isOpen ?? false) }
  public func close() { isClosed.store(true, ordering: .relaxed) }

  /// The inner one of two nested scopes.
  public static func deeper(_ a: TraceScope?, _ b: TraceScope?) -> TraceScope? {
    guard let a else { return b }
    guard let b else { return a }
    return a.level >= b.level ? a : b
  }
}
