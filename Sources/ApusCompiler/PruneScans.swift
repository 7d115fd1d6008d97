import ApusCore

/// The graph with loops that no longer stack what nobody reads: residuals for a gradient that was not asked for.
public func pruningScans(_ source: Graph) -> Graph {
  var read: [Int: Set<Int>] = [:]
  for instruction in source.instructions {
    if case .output(let index) = instruction.op { read[instruction.operands[0], default: []].insert(index) }
  }
  /// For each loop that becomes smaller, where its results are now.
  var moved: [Int: [Int: Int]] = [:]
  var result = source
  for (position, instruction) in source.instructions.enumerated() {
    guard case .scan(var scan) = instruction.op, instruction.types.count > 1 else { continue }
    let kept = instruction.types.indices.filter { $0 < scan.carryCount || read[position]?.contains($0) ?? false }
    guard kept.count < instruction.types.count, !kept.isEmpty else { continue }
    var body = scan.body.graph
    body.outputs = kept.map { body.outputs[$0] }
    scan.body = Subgraph(removingDeadCode(body))
    scan.residualCount = 0
    result.instructions[position].op = .scan(scan)
    result.instructions[position].types = kept.map { instruction.types[$0] }
    moved[position] = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
  }
  for (position, instruction) in source.instructions.enumerated() {
    guard case .output(let index) = instruction.op, let places = moved[instruction.operands[0]] else { continue }
    result.instructions[position].op = .output(places[index]!)
  }
  return result
}
