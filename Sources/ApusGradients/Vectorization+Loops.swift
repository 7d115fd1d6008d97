import ApusCore

extension BatchingRule {
  func batchedScan(_ scan: Scan, _ x: [Batched]) -> [Batched] {
    var isBatched = x.map(\.isBatched)
    // A carry that becomes batched on its way is so from the start.
    var isSettled = false
    while !isSettled {
      isSettled = true
      let results = batchedOutputs(scan.body.graph, isBatched)
      for carry in 0..<scan.carryCount where results[carry] && !isBatched[carry] {
        isBatched[carry] = true
        isSettled = false
      }
    }
    let first = scan.carryCount
    let operands = x.indices.map { index in
      let node = isBatched[index] ? spread(x[index]) : x[index].node
      // Sequences are cut along their first axis.
      let isSequence = index >= first && index < first + scan.sequenceCount
      return isSequence && isBatched[index] ? swapped(node) : node
    }
    var wide = scan
    wide.residualCount = 0
    wide.body = Subgraph(batchedCarries(scan.body.graph, isBatched, carries: Array(isBatched[..<first])))
    let results = scanResults(wide, operands)
    return results.enumerated().map { index, result in
      if index < first { return Batched(result, isBatched: isBatched[index]) }
      return Batched(swapped(result), isBatched: true)
    }
  }

  func batchedWhile(_ loop: While, _ x: [Batched]) -> [Batched] {
    // Members stop at different times: all carries have the batch axis.
    let isBatched = x.indices.map { $0 < loop.carryCount || x[$0].isBatched }
    let operands = x.indices.map { isBatched[$0] ? spread(x[$0]) : x[$0].node }
    let parameters = operands.map { Node.build(.parameter($0.type)) }
    let values = zip(parameters, isBatched).map { Batched($0, isBatched: $1) }
    let goesOn = spread(vectorized(loop.condition.graph, values, size: size)[0])
    let next = vectorized(loop.body.graph, values, size: size).enumerated().map { index, value in
      let node = spread(value)
      return goesOn.broadcast(to: node.shape, axes: [0]).select(node, parameters[index])
    }
    let wide = While(
      condition: Graph.capture([goesOn.reduce(.or, axes: [0])], parameters: parameters).graph,
      body: Graph.capture(next, parameters: parameters).graph)
    let node = Node.build(.whileLoop(wide), operands)
    return (0..<loop.carryCount).map { Batched(node.output($0), isBatched: true) }
  }

  func batchedConditional(_ branches: Conditional, _ x: [Batched]) -> [Batched] {
    let arguments = Array(x.dropFirst())
    if !x[0].isBatched {
      let flags = arguments.map(\.isBatched)
      let wide = Conditional(
        whenTrue: vectorizedGraph(branches.whenTrue.graph, batched: flags, size: size),
        whenFalse: vectorizedGraph(branches.whenFalse.graph, batched: flags, size: size))
      let node = Node.build(.conditional(wide), x.map(\.node))
      return node.types.indices.map { Batched(node.output($0), isBatched: true) }
    }
    let (a, b) = (
      vectorized(branches.whenTrue.graph, arguments, size: size),
      vectorized(branches.whenFalse.graph, arguments, size: size)
    )
    return zip(a, b).map { yes, no in
      let (yes, no) = (spread(yes), spread(no))
      return Batched(x[0].node.broadcast(to: yes.shape, axes: [0]).select(yes, no), isBatched: true)
    }
  }

  func batchedBlock(_ block: AnyBlock, _ x: [Batched]) -> [Batched] {
    if block.block.isElementwise { return one(.build(.block(block), x.map { spread($0) })) }
    let flags = x.map(\.isBatched)
    switch block.block {
    case let checkpoint as Checkpoint:
      let function = vectorizedGraph(checkpoint.function.graph, batched: flags, size: size)
      return results(.build(.block(AnyBlock(Checkpoint(Subgraph(function)))), x.map(\.node)))
    case let custom as CustomGradient:
      let all = flags.map { _ in true }
      let function = vectorizedGraph(custom.function.graph, batched: all, size: size)
      let backward = vectorizedGraph(
        custom.backward.graph, batched: custom.backward.inputTypes.map { _ in true }, size: size)
      let wide = CustomGradient(Subgraph(function), backward: Subgraph(backward))
      return results(.build(.block(AnyBlock(wide)), x.map { spread($0) }))
    default:
      let parameters = x.map { value in
        Node.build(
          .parameter(
            value.isBatched ? TensorType(Shape(value.node.shape.dropFirst()), value.node.dtype) : value.node.type))
      }
      let body = Graph.capture(block.block.body(parameters), parameters: parameters).graph
      return vectorized(body, x, size: size)
    }
  }

  private func results(_ node: Node) -> [Batched] {
    node.types.indices.map { Batched(node.output($0), isBatched: true) }
  }

  /// Which results of a graph have the batch axis when these operands have.
  private func batchedOutputs(_ graph: Graph, _ flags: [Bool]) -> [Bool] {
    let parameters = zip(graph.inputTypes, flags).map { type, isBatched in
      Batched(
        .build(.parameter(isBatched ? TensorType(wide(type.shape), type.dtype) : type)), isBatched: isBatched)
    }
    return vectorized(graph, parameters, size: size).map(\.isBatched)
  }

  /// The vectorised body; a carry has the batch axis at its end if it has at its start, all other results have.
  private func batchedCarries(_ graph: Graph, _ flags: [Bool], carries: [Bool]) -> Graph {
    let parameters = zip(graph.inputTypes, flags).map { type, isBatched in
      Node.build(.parameter(isBatched ? TensorType(wide(type.shape), type.dtype) : type))
    }
    let results = vectorized(graph, zip(parameters, flags).map { Batched($0, isBatched: $1) }, size: size)
    let nodes = results.enumerated().map { index, value in
      index < carries.count && !carries[index] ? value.node : spread(value)
    }
    return Graph.capture(nodes, parameters: parameters).graph
  }

  private func swapped(_ node: Node) -> Node { node.transpose([1, 0] + Array(node.shape.indices.dropFirst(2))) }

  func convolution(_ d: ConvolutionDimensions, _ x: [Batched]) -> [Batched] {
    guard d.batchGroups == 1, x[0].isBatched || d.featureGroups == 1 else { return loop(.convolution(d), x) }
    let (input, kernel) = (x[0], x[1])
    var wide = d
    let result: Node
    if !kernel.isBatched {
      result = .build(.convolution(d), merged(input.node, into: d.inputBatch), kernel.node)
      return one(split(result, d.outputBatch))
    }
    if input.isBatched {
      wide.featureGroups = size * d.featureGroups
      result = .build(
        .convolution(wide), merged(input.node, into: d.inputFeature), merged(kernel.node, into: d.kernelOutput))
    } else {
      result = .build(.convolution(wide), input.node, merged(kernel.node, into: d.kernelOutput))
    }
    return one(split(result, d.outputFeature))
  }

  /// The batch axis made the outer part of another axis.
  private func merged(_ node: Node, into axis: Int) -> Node {
    var order = Array(1..<node.shape.rank)
    order.insert(0, at: axis)
    var shape = Array(node.shape.dropFirst())
    shape[axis] *= size
    return node.transpose(order).reshape(Shape(shape))
  }

  /// The outer part of an axis made the batch axis.
  private func split(_ node: Node, _ axis: Int) -> Node {
    var shape = Array(node.shape)
    shape[axis] /= size
    shape.insert(size, at: axis)
    return toFront(node.reshape(Shape(shape)), axis)
  }
}
