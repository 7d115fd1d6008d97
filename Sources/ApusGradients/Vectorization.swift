import ApusCore

/// A value in a vectorised function: the same for all members of the batch, or with a batch axis in front.
public struct Batched {
  public let node: Node
  public let isBatched: Bool

  public init(_ node: Node, isBatched: Bool) {
    self.node = node
    self.isBatched = isBatched
  }
}

/// The graph's results for each member of a batch of operands: one graph on arrays with a batch axis in front, and no
/// loop but where an operation has no form for batches.
public func vectorized(_ graph: Graph, _ operands: [Batched], size: Int) -> [Batched] {
  var values: [[Batched]] = []
  values.reserveCapacity(graph.instructions.count)
  var next = 0
  for instruction in graph.instructions {
    switch instruction.op {
    case .parameter:
      values.append([operands[next]])
      next += 1
    case .output(let index): values.append([values[instruction.operands[0]][index]])
    default:
      let arguments = instruction.operands.map { values[$0][0] }
      if arguments.contains(where: \.isBatched) {
        let rule = BatchingRule(size: size, types: instruction.types)
        values.append(rule.apply(instruction.op, arguments))
      } else {
        let node = Node.build(instruction.op, arguments.map(\.node))
        values.append(node.types.indices.map { Batched(node.output($0), isBatched: false) })
      }
    }
  }
  return graph.outputs.map { values[$0][0] }
}

/// A graph vectorised over the operands that are batched; all results have the batch axis.
func vectorizedGraph(_ graph: Graph, batched: [Bool], size: Int) -> Graph {
  let parameters = zip(graph.inputTypes, batched).map { type, isBatched in
    Node.build(.parameter(isBatched ? TensorType(Shape([size] + Array(type.shape)), type.dtype) : type))
  }
  let rule = BatchingRule(size: size, types: [])
  let results = vectorized(graph, zip(parameters, batched).map { Batched($0, isBatched: $1) }, size: size)
  return Graph.capture(results.map { rule.spread($0) }, parameters: parameters).graph
}

/// How one operation is done on a batch, of which at least one operand has the batch axis.
struct BatchingRule {
  let size: Int
  /// The types of the results for one member.
  let types: [TensorType]

  func apply(_ op: Op, _ x: [Batched]) -> [Batched] {
    switch op {
    case .value, .parameter, .constant, .iota, .output: fatalError("\(op.name) has no batched operand")
    case .unary, .binary, .compare, .select, .convert, .identity, .stopGradient, .barrier, .bitcastConvert:
      return one(.build(op, x.map { spread($0) }))
    case .broadcastInDim(let shape, let axes):
      return one(.build(.broadcastInDim(wide(shape), axes: [0] + axes.map { $0 + 1 }), x[0].node))
    case .reshape(let shape): return one(x[0].node.reshape(wide(shape)))
    case .transpose(let permutation): return one(x[0].node.transpose([0] + permutation.map { $0 + 1 }))
    case .slice(let bounds):
      return one(
        .build(
          .slice(
            SliceBounds(start: [0] + bounds.start, limit: [size] + bounds.limit, stride: [1] + bounds.stride)),
          x[0].node))
    case .pad(let bounds): return one(padded(bounds, x[0], x[1]))
    case .concatenate(let axis): return one(.build(.concatenate(axis: axis + 1), x.map { spread($0) }))
    case .reverse(let axes): return one(.build(.reverse(axes: axes.map { $0 + 1 }), x[0].node))
    case .reduce(let reduction, let axes): return one(x[0].node.reduce(reduction, axes: axes.map { $0 + 1 }))
    case .argReduce(let kind, let axis): return one(.build(.argReduce(kind, axis: axis + 1), x[0].node))
    case .cumulative(let kind, let axis, let isReversed):
      return one(.build(.cumulative(kind, axis: axis + 1, isReversed: isReversed), x[0].node))
    case .argSort(let axis, let isDescending, let count):
      return one(.build(.argSort(axis: axis + 1, isDescending: isDescending, count: count), x[0].node))
    case .dotGeneral(let dimensions): return one(product(dimensions, x[0], x[1]))
    case .convolution(let dimensions): return convolution(dimensions, x)
    case .reduceWindow(let reduction, let window): return one(.build(.reduceWindow(reduction, wide(window)), x[0].node))
    case .selectAndScatter(let kind, let window):
      return one(.build(.selectAndScatter(kind, wide(window)), spread(x[0]), spread(x[1])))
    case .dynamicSlice(let sizes): return one(dynamicSlice(sizes, x[0], x[1]))
    case .dynamicUpdateSlice: return one(dynamicUpdate(x[0], x[1], x[2]))
    case .gather(let dimensions, let sizes): return one(gather(dimensions, sizes, x[0], x[1]))
    case .scatter(let kind, let dimensions, let clamps):
      return one(
        .build(.scatter(kind, dimensions.batched, clamps: clamps), spread(x[0]), spread(x[1]), spread(x[2])))
    case .randomBits, .custom: return loop(op, x)
    case .scan(let scan): return batchedScan(scan, x)
    case .whileLoop(let loop): return batchedWhile(loop, x)
    case .conditional(let branches): return batchedConditional(branches, x)
    case .block(let block): return batchedBlock(block, x)
    }
  }

  func one(_ node: Node) -> [Batched] { [Batched(node, isBatched: true)] }
  func wide(_ shape: Shape) -> Shape { Shape([size] + Array(shape)) }

  private func wide(_ window: Window) -> Window {
    Window(
      size: [1] + window.size, stride: [1] + window.stride, padLow: [0] + window.padLow, padHigh: [0] + window.padHigh,
      baseDilation: [1] + window.baseDilation, dilation: [1] + window.dilation)
  }

  /// The value with a batch axis, repeated if it had none.
  func spread(_ value: Batched) -> Node {
    if value.isBatched { return value.node }
    return .build(
      .broadcastInDim(wide(value.node.shape), axes: value.node.shape.indices.map { $0 + 1 }), value.node)
  }

  /// One member after the other: for what has no form of its own.
  func loop(_ op: Op, _ x: [Batched]) -> [Batched] {
    let types = x.map { value in
      value.isBatched ? TensorType(Shape(value.node.shape.dropFirst()), value.node.dtype) : value.node.type
    }
    let parameters = types.map { Node.build(.parameter($0)) }
    let (varying, fixed) = (x.indices.filter { x[$0].isBatched }, x.indices.filter { !x[$0].isBatched })
    let node = Node.build(op, parameters)
    let body = Graph.capture(
      node.types.indices.map { node.output($0) }, parameters: (varying + fixed).map { parameters[$0] }
    ).graph
    let scan = Scan(body: body, carryCount: 0, sequenceCount: varying.count, length: size)
    return scanResults(scan, (varying + fixed).map { x[$0].node }).map { Batched($0, isBatched: true) }
  }

  private func padded(_ bounds: PadBounds, _ x: Batched, _ fill: Batched) -> Node {
    let wideBounds = PadBounds(low: [0] + bounds.low, high: [0] + bounds.high, interior: [0] + bounds.interior)
    if !fill.isBatched { return .build(.pad(wideBounds), spread(x), fill.node) }
    let zero = Node.constant(0, x.node.dtype)
    let values = Node.build(.pad(wideBounds), spread(x), zero)
    let shape = Shape(x.isBatched ? Array(x.node.shape.dropFirst()) : Array(x.node.shape))
    let isInside = Node.build(
      .pad(bounds), Node.filled(1, TensorType(shape, .bool)), .constant(0, .bool))
    let mask = spread(Batched(isInside, isBatched: false))
    return mask.select(values, fill.node.broadcast(to: values.shape, axes: [0]))
  }

  /// Moves an axis to the front.
  func toFront(_ node: Node, _ axis: Int) -> Node {
    node.transpose([axis] + node.shape.indices.filter { $0 != axis })
  }

  private func product(_ d: DotDimensions, _ a: Batched, _ b: Batched) -> Node {
    func shifted(_ axes: [Int], _ isBatched: Bool) -> [Int] { isBatched ? axes.map { $0 + 1 } : axes }
    let isBoth = a.isBatched && b.isBatched
    let wide = DotDimensions(
      leftBatch: (isBoth ? [0] : []) + shifted(d.leftBatch, a.isBatched),
      rightBatch: (isBoth ? [0] : []) + shifted(d.rightBatch, b.isBatched),
      leftContracting: shifted(d.leftContracting, a.isBatched),
      rightContracting: shifted(d.rightContracting, b.isBatched))
    let result = Node.build(.dotGeneral(wide), a.node, b.node)
    if isBoth { return result }
    // The batch axis is the first free axis of the operand that has it.
    let leftFree = wide.leftFree(rank: a.node.shape.rank).count
    return toFront(result, d.leftBatch.count + (a.isBatched ? 0 : leftFree))
  }

  private func dynamicSlice(_ sizes: [Int], _ x: Batched, _ start: Batched) -> Node {
    if !start.isBatched { return .build(.dynamicSlice(sizes: [size] + sizes), x.node, prefixed(start.node)) }
    let dimensions = windows(rank: sizes.count)
    return .build(.gather(dimensions, sizes: [1] + sizes), spread(x), start.node)
  }

  private func dynamicUpdate(_ x: Batched, _ update: Batched, _ start: Batched) -> Node {
    if !start.isBatched { return .build(.dynamicUpdateSlice, spread(x), spread(update), prefixed(start.node)) }
    let dimensions = windows(rank: start.node.shape[1])
    return .build(.scatter(.set, dimensions, clamps: true), spread(x), start.node, spread(update))
  }

  /// One window for each member, by an index vector of `rank` components.
  private func windows(rank: Int) -> IndexDimensions {
    IndexDimensions(
      windowAxes: Array(1..<(rank + 1)), operandBatchAxes: [0], indexBatchAxes: [0], indexMap: Array(1..<(rank + 1)),
      vectorAxis: 1)
  }

  private func prefixed(_ start: Node) -> Node {
    .build(.concatenate(axis: 0), Node.filled(0, TensorType([1], .int32)), start)
  }

  private func gather(_ d: IndexDimensions, _ sizes: [Int], _ x: Batched, _ indices: Batched) -> Node {
    if x.isBatched && indices.isBatched {
      return .build(.gather(d.batched, sizes: [1] + sizes), x.node, indices.node)
    }
    var wide = d
    wide.windowAxes = d.windowAxes.map { $0 + 1 }
    if x.isBatched {
      wide.windowAxes = [0] + wide.windowAxes
      wide.collapsedAxes = d.collapsedAxes.map { $0 + 1 }
      wide.operandBatchAxes = d.operandBatchAxes.map { $0 + 1 }
      wide.indexMap = d.indexMap.map { $0 + 1 }
      return .build(.gather(wide, sizes: [size] + sizes), x.node, indices.node)
    }
    wide.indexBatchAxes = d.indexBatchAxes.map { $0 + 1 }
    wide.vectorAxis = d.vectorAxis + 1
    return .build(.gather(wide, sizes: sizes), x.node, indices.node)
  }
}

extension IndexDimensions {
  /// The same with a batch axis in front of operand, indices and result.
  fileprivate var batched: IndexDimensions {
    func shifted(_ axes: [Int]) -> [Int] { axes.map { $0 + 1 } }
    return IndexDimensions(
      windowAxes: shifted(windowAxes), collapsedAxes: shifted(collapsedAxes),
      operandBatchAxes: [0] + shifted(operandBatchAxes), indexBatchAxes: [0] + shifted(indexBatchAxes),
      indexMap: shifted(indexMap), vectorAxis: vectorAxis + 1)
  }
}
