import ApusCore
import Synchronization

/// Programs by the graph they were made of, so that a loop that builds the same graph again plans it once.
final class PlanCache: Sendable {
  static let shared = PlanCache()

  private struct Key: Hashable {
    let backend: String
    let graph: Graph
    let donations: [Donation]
  }

  private struct Entry {
    let executable: any Executable
    var lastUse: Int
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var clock = 0
  }

  private let state = Mutex(State())
  private let limit = 1024

  func executable(for graph: Graph, donations: [Donation], on backend: any Backend) throws(OpError) -> any Executable {
    let key = Key(backend: backend.name, graph: graph, donations: donations)
    let known: (any Executable)? = state.withLock { state in
      state.clock += 1
      state.entries[key]?.lastUse = state.clock
      return state.entries[key]?.executable
    }
    if let known { return known }
    let executable = try backend.compile(graph, donations: donations)
    CompilationCounter.current?.count.add(1, ordering: .relaxed)
    state.withLock { state in
      if state.entries.count >= limit { forgetOldest(&state) }
      state.entries[key] = Entry(executable: executable, lastUse: state.clock)
    }
    return executable
  }

  /// Drops the half that was not used for longest, so that the cost is shared by many insertions.
  private func forgetOldest(_ state: inout State) {
    let median = state.entries.values.map(\.lastUse).sorted()[state.entries.count / 2]
    state.entries = state.entries.filter { $0.value.lastUse > median }
  }
}

/// Counts the programs that a task makes.
private final class CompilationCounter: Sendable {
  @TaskLocal static var current: CompilationCounter?
  let count = Atomic(0)
}

/// Runs pending work.
public enum Evaluator {
  /// Gives each node its value, all in one program.
  ///
  /// So do the nodes on the way that pending work elsewhere will ask for: a training loop that reads only its loss would
  /// otherwise compute every step again, from the first one on.
  public static func evaluate(_ nodes: [Node], on device: Device = .current) throws(OpError) {
    var pending = nodes.filter { $0.availableValue() == nil }
    guard !pending.isEmpty else { return }
    var (graph, leaves, captured) = Graph.captureNodes(pending)
    let (single, several) = neededElsewhere(graph, captured)
    for (position, node) in single {
      graph.outputs.append(position)
      pending.append(node)
    }
    for (position, node) in several {
      for (index, type) in node.types.enumerated() {
        graph.outputs.append(graph.append(.output(index), [position], [type]))
      }
    }
    let executable = try PlanCache.shared.executable(for: graph, donations: [], on: device.backend)
    let results = executable.run(leaves.map(buffer))
    for (node, result) in zip(pending, results) { node.fulfill(result) }
    var next = pending.count
    for (_, node) in several {
      node.fulfill(results: Array(results[next..<(next + node.types.count)]))
      next += node.types.count
    }
  }

  /// The nodes that are operands of more than the graph itself holds: those with one result, and those with several.
  private static func neededElsewhere(
    _ graph: Graph, _ nodes: [Node?]
  ) -> (single: [(Int, Node)], several: [(Int, Node)]) {
    var uses = [Int](repeating: 0, count: graph.instructions.count)
    for instruction in graph.instructions { for operand in instruction.operands { uses[operand] += 1 } }
    let roots = Set(graph.outputs)
    var single: [(Int, Node)] = []
    var several: [(Int, Node)] = []
    for (position, node) in nodes.enumerated() {
      guard let node, node.useCount > uses[position], !roots.contains(position), !isCheap(position, graph) else {
        continue
      }
      if node.types.count == 1 { single.append((position, node)) } else { several.append((position, node)) }
    }
    return (single, several)
  }

  /// Whether a value is made sooner than it is read.
  private static func isCheap(_ position: Int, _ graph: Graph) -> Bool {
    switch graph.instructions[position].op {
    case .constant, .iota: true
    case .broadcastInDim, .identity, .stopGradient, .reshape: isCheap(graph.instructions[position].operands[0], graph)
    default: false
    }
  }

  /// The buffer of an evaluated node.
  public static func buffer(_ node: Node) -> Buffer {
    guard let buffer = node.value as? Buffer else { fatalError("the value of \(node.type) is not there yet") }
    return buffer
  }

  /// How many programs `body` made on this task: a loop that keeps planning is slow.
  public static func countingCompilations(_ body: () throws -> Void) rethrows -> Int {
    let counter = CompilationCounter()
    try CompilationCounter.$current.withValue(counter, operation: body)
    return counter.count.load(ordering: .relaxed)
  }
}
