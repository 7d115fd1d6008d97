import ApusCore

/// From which of some noted values others were computed, while the operations are not yet done: how a model's layers hang
/// together.
///
/// ```swift
/// var origins = ValueOrigins<String>()
/// origins.note(x, as: "input")
/// origins.origins(of: x + 1)  // ["input"]
/// ```
public struct ValueOrigins<Label: Hashable> {
  /// What the nodes are of which it is known.
  private var labels: [ObjectIdentifier: Label] = [:]
  /// Kept, so that no other node takes the place of one of them in memory.
  private var nodes: [Node] = []

  public init() {}

  /// From now on values computed from this one come from `label`, and no longer from what it was computed from.
  public mutating func note(_ value: Tensor, as label: Label) {
    labels[ObjectIdentifier(value.node)] = label
    nodes.append(value.node)
  }

  /// The nearest noted values that a value was computed from, in the order in which they are met; none where the
  /// operations are done already, or begin with constants.
  public func origins(of value: Tensor) -> [Label] {
    var found: [Label] = []
    var seen: Set<ObjectIdentifier> = []
    var open = [value.node]
    while let node = open.popLast() {
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      if let label = labels[ObjectIdentifier(node)] {
        if !found.contains(label) { found.append(label) }
      } else {
        open += node.operands.reversed()
      }
    }
    return found
  }
}
