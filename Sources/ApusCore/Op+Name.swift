extension Op {
  /// The operation's name as StableHLO spells it, for messages, printed graphs and profiles.
  public var name: String {
    switch self {
    case .value: "value"
    case .parameter: "parameter"
    case .constant: "constant"
    case .iota: "iota"
    case .randomBits: "rng_bit_generator"
    case .identity: "identity"
    case .stopGradient: "stop_gradient"
    case .unary(let op): op.stableHLO
    case .binary(let op): op.stableHLO
    case .compare: "compare"
    case .select: "select"
    case .convert: "convert"
    case .broadcastInDim: "broadcast_in_dim"
    case .reshape: "reshape"
    case .transpose: "transpose"
    case .slice: "slice"
    case .pad: "pad"
    case .concatenate: "concatenate"
    case .reverse: "reverse"
    case .reduce: "reduce"
    case .argReduce(let kind, _): kind == .max ? "argmax" : "argmin"
    case .dotGeneral: "dot_general"
    case .convolution: "convolution"
    case .reduceWindow: "reduce_window"
    case .selectAndScatter: "select_and_scatter"
    case .bitcastConvert: "bitcast_convert"
    case .dynamicSlice: "dynamic_slice"
    case .dynamicUpdateSlice: "dynamic_update_slice"
    case .gather: "gather"
    case .scatter: "scatter"
    case .cumulative(let kind, _, _): "cumulative_\(kind)"
    case .argSort: "argsort"
    case .barrier: "optimization_barrier"
    case .scan: "scan"
    case .whileLoop: "while"
    case .conditional: "if"
    case .custom(let custom): custom.name
    case .block(let block): block.name
    case .output: "get_tuple_element"
    }
  }

  /// The operation's attributes as a printed graph shows them; empty when there are none.
  public var attributes: String {
    switch self {
    case .value, .parameter, .identity, .stopGradient, .unary, .binary, .select: ""
    case .constant(let scalar): "\(scalar)"
    case .iota(_, let axis): "axis = \(axis)"
    case .randomBits(_, let stream): "stream = \(stream)"
    case .compare(let comparison): comparison.rawValue
    case .convert, .reshape, .bitcastConvert, .dynamicUpdateSlice, .barrier: ""
    case .broadcastInDim(_, let axes): "axes = \(axes)"
    case .transpose(let permutation): "permutation = \(permutation)"
    case .slice(let bounds):
      "["
        + zip(zip(bounds.start, bounds.limit), bounds.stride)
        .map { $1 == 1 ? "\($0.0)..<\($0.1)" : "\($0.0)..<\($0.1) by \($1)" }.joined(separator: ", ") + "]"
    case .pad(let bounds): "low = \(bounds.low), high = \(bounds.high), interior = \(bounds.interior)"
    case .concatenate(let axis): "axis = \(axis)"
    case .reverse(let axes): "axes = \(axes)"
    case .reduce(let reduction, let axes): "\(reduction), axes = \(axes)"
    case .argReduce(_, let axis): "axis = \(axis)"
    case .dotGeneral(let d):
      "contracting = \(d.leftContracting) × \(d.rightContracting)"
        + (d.leftBatch.isEmpty ? "" : ", batch = \(d.leftBatch) × \(d.rightBatch)")
    case .convolution(let d): d.description
    case .reduceWindow(let reduction, let window): "\(reduction), \(window)"
    case .selectAndScatter(let kind, let window): "\(kind), \(window)"
    case .dynamicSlice(let sizes): "sizes = \(sizes)"
    case .gather(let dimensions, let sizes): "\(dimensions), sizes = \(sizes)"
    case .scatter(let kind, let dimensions, let clamps): "\(kind), \(dimensions)" + (clamps ? ", clamped" : "")
    case .cumulative(_, let axis, let isReversed): "axis = \(axis)" + (isReversed ? ", reversed" : "")
    case .argSort(let axis, let isDescending, let count):
      "axis = \(axis), count = \(count)" + (isDescending ? ", descending" : "")
    case .scan(let scan):
      "length = \(scan.length), carries = \(scan.carryCount)" + (scan.isReversed ? ", reversed" : "")
    case .whileLoop(let loop): "carries = \(loop.carryCount)"
    case .conditional: ""
    case .custom(let custom): custom.attributes
    case .block(let block): block.attributes
    case .output(let index): "\(index)"
    }
  }
}

extension Window: CustomStringConvertible {
  public var description: String {
    var parts = ["window = \(size)"]
    if stride.contains(where: { $0 != 1 }) { parts.append("stride = \(stride)") }
    if padLow.contains(where: { $0 != 0 }) || padHigh.contains(where: { $0 != 0 }) {
      parts.append("padding = \(zip(padLow, padHigh).map { [$0, $1] })")
    }
    if baseDilation.contains(where: { $0 != 1 }) { parts.append("base_dilation = \(baseDilation)") }
    if dilation.contains(where: { $0 != 1 }) { parts.append("dilation = \(dilation)") }
    return parts.joined(separator: ", ")
  }
}

extension ConvolutionDimensions: CustomStringConvertible {
  public var description: String {
    func letters(_ first: (Int, String), _ second: (Int, String), _ spatial: [Int]) -> String {
      var axes = [first, second]
      for (i, axis) in spatial.enumerated() { axes.append((axis, "\(i)")) }
      return axes.sorted { $0.0 < $1.0 }.map(\.1).joined()
    }
    var text = letters((inputBatch, "b"), (inputFeature, "f"), inputSpatial)
    text += "_" + letters((kernelInput, "i"), (kernelOutput, "o"), kernelSpatial)
    text += "->" + letters((outputBatch, "b"), (outputFeature, "f"), outputSpatial)
    text += ", \(window)"
    if reversed.contains(true) { text += ", reversed = \(reversed)" }
    if featureGroups != 1 { text += ", feature_groups = \(featureGroups)" }
    if batchGroups != 1 { text += ", batch_groups = \(batchGroups)" }
    return text
  }
}

extension Op {
  /// The graphs inside of the operation, with what they are to it.
  public var subgraphs: [(role: String, graph: Graph)] {
    switch self {
    case .scan(let scan): [("body", scan.body.graph)]
    case .whileLoop(let loop): [("condition", loop.condition.graph), ("body", loop.body.graph)]
    case .conditional(let branches): [("then", branches.whenTrue.graph), ("else", branches.whenFalse.graph)]
    default: []
    }
  }
}
