import ApusCore
import ApusGradients
import Synchronization

/// The value of `f`, its gradients at `inputs`, and its gradients with respect to tables of which it only looks rows up
/// (``embedding(_:table:paddingIndex:)``): these hold the rows that were looked up, and the table's size does not matter
/// to what they cost.
///
/// A table that is used in another way, or looked up in the body of a loop, has a dense gradient: that is a mistake.
public func valueAndGradient(
  at inputs: [Tensor], lookingUpIn tables: [Tensor],
  _ f: (_ inputs: [Tensor], _ tables: [Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor], rows: [RowSparse]) {
  for table in tables where table.rank != 2 || !table.dtype.isFloat {
    let message = "gradient: lookups in \(table.node.type), expected a floating-point table [rows, features]"
    return (Mistakes.report(OpError(message)), inputs, [])
  }
  let scope = TraceScope(parent: (inputs + tables).reduce(nil) { TraceScope.deeper($0, $1.node.scope) })
  defer { scope.close() }
  let tape = LookupTape(tables, in: scope)
  var lookups: [[LookupTape.Lookup]] = []
  // Tables stand among the variables for uses that are not lookups to be seen.
  let (value, gradients) = try valueAndGradient(
    at: inputs, watching: tape.variables, in: scope,
    also: {
      lookups = tape.lookups; return lookups.joined().map(\.rows)
    }
  ) { variables in
    try LookupTape.$current.withValue(tape) { try f(variables, tape.variables.map(Tensor.init)) }
  }
  let others = gradients.dropFirst(inputs.count)
  for (table, gradient) in zip(tables, others) where gradient != nil {
    let message =
      "gradient: a table \(table.shape) is used in other ways than by lookups, or inside of a loop, so that its gradient "
      + "is dense. Take the gradient of its embedding without `sparse: true`"
    return (Mistakes.report(OpError(message)), inputs, [])
  }
  var flows = others.dropFirst(tables.count)
  let rows = zip(tables, lookups).map { table, uses in
    RowSparse.collected(uses.map { ($0, flows.removeFirst()) }, table)
  }
  return (value, zip(gradients, inputs).map { $0 ?? .zeros(like: $1) }, rows)
}

/// The gradients of a value at variables, at further nodes, and at nodes that come up while it is computed; nil where
/// the value does not depend on one.
private func valueAndGradient(
  at inputs: [Tensor], watching others: [Node], in scope: TraceScope, also: () -> [Node],
  _ f: ([Tensor]) throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor?]) {
  let variables = inputs.map { Node.variable($0.node, in: scope) }
  let value = try f(variables.map(Tensor.init))
  let targets = variables + others + also()
  guard value.shape.rank == 0, value.dtype.isFloat else {
    let message = "gradient: of \(value.node.type), expected a floating-point scalar. Take its `sum()` or `mean()`"
    return (Mistakes.report(OpError(message)), targets.map { _ in nil })
  }
  let gradients = vectorJacobianProduct(
    of: [value.node], cotangents: [.constant(1, value.dtype)], withRespectTo: targets)
  return (value, gradients.map { $0.map(Tensor.init) })
}

/// Notes which rows of its tables are looked up, and makes each lookup a variable of its own.
final class LookupTape: Sendable {
  struct Lookup: Sendable {
    /// Row numbers, `int32[entries]`.
    let indices: Tensor
    let paddingIndex: Int?
    let rows: Node
  }

  @TaskLocal static var current: LookupTape?

  /// What `f` sees of the tables.
  let variables: [Node]
  private let tables: [Tensor]
  private let scope: TraceScope
  private let outer: LookupTape?
  private let noted: Mutex<[[Lookup]]>

  init(_ tables: [Tensor], in scope: TraceScope) {
    variables = tables.map { Node.variable($0.node, in: scope) }
    (self.tables, self.scope, outer) = (tables, scope, LookupTape.current)
    noted = Mutex(tables.map { _ in [] })
  }

  /// For each table its lookups so far.
  var lookups: [[Lookup]] { noted.withLock { $0 } }

  /// The rows `[…, features]`, or nil for a table that nobody watches.
  func lookUp(_ indices: Tensor, in table: Tensor, paddingIndex: Int?) -> Tensor? {
    guard let number = variables.firstIndex(where: { $0 === table.node }) else {
      return outer?.lookUp(indices, in: table, paddingIndex: paddingIndex)
    }
    let places = indices.checkedRows(table.shape[0], "embedding")
    // Of the table itself: gradients flow to these rows, and no further.
    let rows = Node.variable(tables[number].gathered(places, axis: 0).node, in: scope)
    let flat = places.reshaped(to: [places.count])
    noted.withLock { $0[number].append(Lookup(indices: flat, paddingIndex: paddingIndex, rows: rows)) }
    return Tensor(rows)
  }
}

extension RowSparse {
  /// What flows to the lookups of one table, put together.
  fileprivate static func collected(_ uses: [(LookupTape.Lookup, Tensor?)], _ table: Tensor) -> RowSparse {
    let (rows, features) = (table.shape[0], table.shape[1])
    var indices: [Tensor] = []
    var values: [Tensor] = []
    for case (let lookup, let gradient?) in uses {
      let flat = gradient.reshaped(to: [lookup.indices.count, features])
      if let padding = lookup.paddingIndex {
        let isPadding = lookup.indices .== padding
        indices.append(select(isPadding, Tensor.full(rows, lookup.indices.shape, dtype: .int32), lookup.indices))
        values.append(select(isPadding.expandingAxis(1).broadcast(to: flat.shape), Tensor.zeros(like: flat), flat))
      } else {
        indices.append(lookup.indices)
        values.append(flat)
      }
    }
    if indices.isEmpty {
      return RowSparse(
        unchecked: .zeros([0], dtype: .int32), values: .zeros([0, features], dtype: table.dtype), rows: rows)
    }
    return RowSparse(unchecked: concatenate(indices), values: concatenate(values), rows: rows)
  }
}
