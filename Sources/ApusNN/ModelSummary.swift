import ApusTensor

/// A model's layers as a batch goes through them: shapes, parameters, work and memory.
///
/// ```swift
/// let summary = ModelSummary(model, input: .zeros([1, 28, 28, 1]))
/// print(summary.parameterCount, summary.hiddenLayerCount)
/// ```
public struct ModelSummary: Sendable {
  /// One call of a layer, or a module that layers are in.
  public struct Row: Sendable {
    /// Where the module is in the model, as in the keys of checkpoints.
    public let path: String
    public let kind: String
    /// How many modules it is inside of, the model not counted.
    public let depth: Int
    /// Nil for a module that returns what one of its layers does.
    public fileprivate(set) var output: Shape?
    /// Of a layer that is called twice they are counted at its first call. Of a module: of all in it.
    public fileprivate(set) var parameters = 0
    /// Multiplications with addition, for all examples; of a module: of all in it.
    public fileprivate(set) var multiplyAdds = 0
    /// What the outputs take in memory; of a module: of all in it.
    public fileprivate(set) var activationBytes = 0
    /// Whether rows of layers inside of it follow.
    public let isGroup: Bool
    /// Of a layer that no other is inside of: where what it works on is from. Nil where that is not known.
    public fileprivate(set) var sources: [Source]?

    fileprivate mutating func add(_ other: Row) {
      parameters += other.parameters
      multiplyAdds += other.multiplyAdds
      activationBytes += other.activationBytes
    }
  }

  /// Where a layer's input comes from, other operations than layers in between perhaps: both ways of a residual
  /// connection are sources of what follows their sum.
  public enum Source: Hashable, Sendable {
    case input
    /// The layer of a row.
    case row(Int)
  }

  /// In the order of the calls; a module stands before what is in it.
  public private(set) var rows: [Row] = []
  /// How many numbers training changes.
  public let parameterCount: Int
  /// How many numbers are saved and not trained: running statistics, frozen parameters.
  public let bufferCount: Int
  /// What parameters and buffers take in memory.
  public let stateBytes: Int
  /// Multiplications with addition, for all examples. Each is two floating-point operations.
  public let multiplyAdds: Int
  /// What all outputs of layers take in memory: about what training keeps for the gradient.
  public let activationBytes: Int
  /// The layers with weights but for the last, which is the output; the input is no layer. With two or more a net is
  /// called deep.
  public let hiddenLayerCount: Int

  /// The summary of a model that is shown a batch, as in inference.
  public init(_ model: any Layer, input: Tensor) {
    self.init(model, LayerTrace.record { _ = model(input) }, input: input)
  }

  /// The summary of a model whose calls were recorded, on an input if there was one alone.
  public init(_ model: Module, _ calls: [LayerTrace.Call], input: Tensor? = nil) {
    let entries = model.entries
    parameterCount = model.parameterCount
    bufferCount = model.buffers.reduce(0) { $0 + $1.slot.tensor!.count }
    stateBytes = entries.reduce(0) { $0 + $1.slot.tensor!.count * $1.slot.tensor!.dtype.byteCount }
    var builder = SummaryBuilder(model, calls, input: input)
    for call in calls { builder.add(call) }
    rows = builder.finished()
    multiplyAdds = calls.reduce(0) { $0 + $1.multiplyAdds }
    activationBytes = rows.filter { $0.depth == 0 }.reduce(0) { $0 + $1.activationBytes }
    hiddenLayerCount = max(0, builder.weightedLayers - 1)
  }
}

/// Makes rows of calls.
private struct SummaryBuilder {
  private let root: ObjectIdentifier
  private let rootKind: String
  private let rootSlots: [ModuleSlot]
  private var modules: [ObjectIdentifier: (path: String, module: Module)] = [:]
  private var pathModules: [String: Module] = [:]
  /// Modules that hold others which were called.
  private var groups: Set<String> = []
  private var rows: [ModelSummary.Row] = []
  /// The places of the rows of the modules that the last call was inside of.
  private var open: [Int] = []
  private var counted: Set<ObjectIdentifier> = []
  /// The work of layers that are hidden in the one that ends next.
  private var hiddenWork = 0
  private(set) var weightedLayers = 0
  private var connections: LayerConnections

  init(_ model: Module, _ calls: [LayerTrace.Call], input: Tensor?) {
    connections = LayerConnections(input: input)
    root = ObjectIdentifier(model)
    rootKind = "\(type(of: model))"
    rootSlots = model.parameters.map(\.slot)
    for child in model.namedChildren {
      modules[ObjectIdentifier(child.module)] = (child.path, child.module)
      if pathModules[child.path] == nil { pathModules[child.path] = child.module }
    }
    for call in calls { groups.formUnion(modules[call.layer].map { ancestors($0.path) } ?? []) }
  }

  /// The paths of the modules around one, outermost first.
  private func ancestors(_ path: String) -> [String] {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false)
    return parts.indices.dropFirst().map { parts[..<$0].joined(separator: ".") }.filter { pathModules[$0] != nil }
  }

  mutating func add(_ call: LayerTrace.Call) {
    guard let (path, module) = modules[call.layer] else {
      // The model itself comes last; others are wrapped by a layer that shows itself.
      if call.layer != root { hiddenWork += call.multiplyAdds } else if rows.isEmpty { addRoot(call) }
      return
    }
    let around = ancestors(path)
    if let place = open.first(where: { rows[$0].path == path }) {
      rows[place].output = call.output
      return count(call, module.parameters.map(\.slot), at: place, inside: open.prefix { $0 != place })
    }
    while let last = open.last, !around.contains(rows[last].path) { open.removeLast() }
    for ancestor in around where !open.contains(where: { rows[$0].path == ancestor }) {
      open.append(rows.count)
      let kind = pathModules[ancestor].map { "\(type(of: $0))" } ?? ""
      rows.append(ModelSummary.Row(path: ancestor, kind: kind, depth: open.count - 1, isGroup: true))
    }
    rows.append(
      ModelSummary.Row(
        path: path, kind: call.kind, depth: open.count, output: call.output, isGroup: groups.contains(path)))
    connect(call)
    count(call, module.parameters.map(\.slot), at: rows.count - 1, inside: open[...])
  }

  private mutating func addRoot(_ call: LayerTrace.Call) {
    rows.append(ModelSummary.Row(path: "", kind: call.kind, depth: 0, output: call.output, isGroup: false))
    connect(call)
    count(call, rootSlots, at: 0, inside: [])
  }

  /// Notes what the layer of the last row works on.
  private mutating func connect(_ call: LayerTrace.Call) {
    if rows[rows.count - 1].isGroup { return }
    rows[rows.count - 1].sources = connections.add(call.value, row: rows.count - 1)
  }

  /// Adds what a call takes to its row and those around it.
  private mutating func count(
    _ call: LayerTrace.Call, _ slots: [ModuleSlot], at place: Int, inside around: some Collection<Int>
  ) {
    var own = ModelSummary.Row(path: "", kind: "", depth: 0, isGroup: false)
    // Layers inside have ended before, and taken theirs.
    let new = slots.filter { counted.insert(ObjectIdentifier($0)).inserted }
    own.parameters = new.reduce(0) { $0 + $1.tensor!.count }
    own.multiplyAdds = call.multiplyAdds + hiddenWork
    own.activationBytes = call.byteCount
    hiddenWork = 0
    if new.contains(where: { $0.tensor!.rank >= 2 }) { weightedLayers += 1 }
    rows[place].add(own)
    for group in around { rows[group].add(own) }
  }

  /// The rows, and one for parameters that no layer has.
  mutating func finished() -> [ModelSummary.Row] {
    let rest = rootSlots.filter { !counted.contains(ObjectIdentifier($0)) }
    if !rest.isEmpty {
      var row = ModelSummary.Row(path: "", kind: rootKind, depth: 0, isGroup: false)
      row.parameters = rest.reduce(0) { $0 + $1.tensor!.count }
      rows.append(row)
    }
    return rows
  }
}
