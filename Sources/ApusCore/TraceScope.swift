import Synchronization

/// The time in which a transform needs what its variables lead to.
///
/// While a scope is open, evaluated nodes that descend from its variables keep their operands, so that they can be
/// differentiated; afterwards they are freed like all others.
public final class TraceScope: Sendable {
  /// The scopes around this one; those that it joins, if it is no transform's own.
  private let parents: [TraceScope]
  private let isJoint: Bool
  private let isClosed: Atomic<Bool>

  public init(parent: TraceScope?) {
    parents = (parent?.innermostOpen).map { [$0] } ?? []
    isJoint = false
    isClosed = Atomic(false)
  }

  private init(joining a: TraceScope, _ b: TraceScope) {
    parents = [a, b]
    isJoint = true
    isClosed = Atomic(true)
  }

  public var isOpen: Bool { !isClosed.load(ordering: .relaxed) || parents.contains(where: \.isOpen) }
  public func close() { isClosed.store(true, ordering: .relaxed) }

  /// This scope, or the innermost around it that has not been closed; a joint one as long as it joins two of them.
  ///
  /// Each block that has no gradient of its own opens a scope and closes it again. Were those joined one by one, to ask
  /// what covers what would take twice as long with each block of a deep network.
  private var innermostOpen: TraceScope? {
    guard isJoint else { return isClosed.load(ordering: .relaxed) ? parents.first?.innermostOpen : self }
    let open = parents.compactMap(\.innermostOpen)
    return open.count == 2 && open[0] !== open[1] ? self : open.first
  }

  /// Whether the other scope is this one or around it.
  private func covers(_ other: TraceScope) -> Bool {
    other === self || parents.contains { $0.covers(other) }
      || (other.isJoint && other.parents.allSatisfy { covers($0) })
  }

  /// The scope of what descends from variables of both: the inner one of two that are nested, and a joint one where a
  /// function is transformed inside of another at a point that does not depend on the other's variables. Closed scopes
  /// count for nothing, so that results of former transforms are constants like all others.
  public static func deeper(_ a: TraceScope?, _ b: TraceScope?) -> TraceScope? {
    if a === b { return a }
    guard let a = a?.innermostOpen else { return b?.innermostOpen }
    guard let b = b?.innermostOpen, a !== b else { return a }
    if a.covers(b) { return a }
    return b.covers(a) ? b : TraceScope(joining: a, b)
  }
}
