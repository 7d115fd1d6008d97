extension Op {
  /// The types of the operation's results on operands of the given types: the one place where shapes and dtypes are
  /// checked. Throws what a user reads.
  public func resultTypes(_ operands: [TensorType]) throws(OpError) -> [TensorType] {
    let types =
      switch self {
      case .block(let block): try block.resultTypes(operands)
      case .custom(let custom): try custom.primitive.resultTypes(operands)
      case .scan(let scan): try scanTypes(scan, operands)
      case .whileLoop(let loop): try whileTypes(loop, operands)
      case .conditional(let branches): try conditionalTypes(branches, operands)
      default: [try resultType(operands)]
      }
    for type in types { try requireSizes(type) }
    return types
  }

  /// Throws for sizes that no array can have.
  private func requireSizes(_ type: TensorType) throws(OpError) {
    let isPossible = type.shape.allSatisfy { $0 >= 0 }
    if isPossible, type.byteCount < .max { return }
    let subject = if case .broadcastInDim = self { "broadcast" } else { name }
    throw OpError(
      isPossible
        ? "\(subject): \(type) has more elements than can be counted" : "\(subject): a size of \(type.shape) is negative")
  }

  private func resultType(_ operands: [TensorType]) throws(OpError) -> TensorType {
    switch self {
    case .value, .output, .block, .custom, .scan, .whileLoop, .conditional:
      throw OpError("\(name): has no shape rule of its own")
    case .parameter(let type): return type
    case .constant(let scalar): return TensorType([], scalar.dtype)
    case .iota(let type, let axis):
      guard type.shape.indices.contains(axis) else { throw OpError("iota: axis \(axis) of a shape \(type.shape)") }
      guard type.dtype != .bool else { throw OpError("iota: counts in numbers, not in bool") }
      return type
    case .randomBits(let shape, _):
      guard operands[0] == TensorType([2], .uint32) else {
        throw OpError("randomBits: the key is uint32[2], not \(operands[0])")
      }
      return TensorType(shape, .uint32)
    case .identity, .stopGradient: return operands[0]
    case .unary(let op):
      guard op.accepts(operands[0].dtype) else { throw OpError("\(op): is not defined on \(operands[0].dtype)") }
      return operands[0]
    case .binary(let op):
      try requireSame("\(op)", operands[0], operands[1])
      guard op.accepts(operands[0].dtype) else { throw OpError("\(op): is not defined on \(operands[0].dtype)") }
      return operands[0]
    case .compare(let comparison):
      try requireSame("\(comparison)", operands[0], operands[1])
      return TensorType(operands[0].shape, .bool)
    case .select:
      guard operands[0].dtype == .bool else { throw OpError("select: the condition is bool, not \(operands[0].dtype)") }
      try requireSame("select", operands[1], operands[2])
      guard operands[0].shape == operands[1].shape else {
        throw OpError("select: condition \(operands[0].shape) over values \(operands[1].shape)")
      }
      return operands[1]
    case .convert(let dtype): return TensorType(operands[0].shape, dtype)
    case .broadcastInDim(let shape, let axes): return try broadcastType(operands[0], shape, axes)
    case .reshape(let shape):
      guard shape.allSatisfy({ $0 >= 0 }) else {
        throw OpError("reshape: \(operands[0].shape) to \(shape): a size is negative")
      }
      guard shape.elementCount == operands[0].shape.elementCount else {
        throw OpError(
          "reshape: \(operands[0].shape) has \(operands[0].shape.elementCount) elements, \(shape) has "
            + "\(shape.elementCount)")
      }
      return TensorType(shape, operands[0].dtype)
    case .transpose(let permutation):
      let shape = operands[0].shape
      guard permutation.sorted() == Array(shape.indices) else {
        throw OpError("transpose: \(permutation) is not an order of the axes of \(shape)")
      }
      return TensorType(Shape(permutation.map { shape[$0] }), operands[0].dtype)
    case .slice(let bounds): return try sliceType(operands[0], bounds)
    case .pad(let bounds): return try padType(operands[0], operands[1], bounds)
    case .concatenate(let axis): return try concatenateType(operands, axis)
    case .reverse(let axes):
      try requireAxes("reverse", axes, of: operands[0].shape)
      return operands[0]
    case .reduce(let reduction, let axes):
      try requireAxes("\(reduction)", axes, of: operands[0].shape)
      guard reduction.accepts(operands[0].dtype) else {
        throw OpError("\(reduction): is not defined on \(operands[0].dtype)")
      }
      return TensorType(operands[0].shape.removing(axes), operands[0].dtype)
    case .argReduce(_, let axis):
      try requireAxes(name, [axis], of: operands[0].shape)
      guard operands[0].shape[axis] > 0 else {
        throw OpError("\(name): axis \(axis) of \(operands[0].shape) has no elements")
      }
      return TensorType(operands[0].shape.removing([axis]), .int32)
    case .bitcastConvert(let dtype): return try bitcastType(operands[0], dtype)
    case .dynamicSlice(let sizes):
      try requireStart("dynamicSlice", operands[0], operands[1])
      guard sizes.count == operands[0].shape.rank,
        zip(sizes, operands[0].shape).allSatisfy({ 0 <= $0 && $0 <= $1 })
      else { throw OpError("dynamicSlice: sizes \(sizes) of \(operands[0].shape)") }
      return TensorType(Shape(sizes), operands[0].dtype)
    case .dynamicUpdateSlice:
      try requireStart("dynamicUpdateSlice", operands[0], operands[2])
      guard operands[1].dtype == operands[0].dtype, operands[1].shape.rank == operands[0].shape.rank,
        zip(operands[1].shape, operands[0].shape).allSatisfy({ $0 <= $1 })
      else { throw OpError("dynamicUpdateSlice: \(operands[1]) into \(operands[0])") }
      return operands[0]
    case .gather(let dimensions, let sizes): return try gatherType(operands[0], operands[1], dimensions, sizes)
    case .scatter(let kind, let dimensions, let clamps):
      return try scatterType(
        kind, operands, dimensions, clamps: clamps)
    case .cumulative(let kind, let axis, _):
      try requireAxes("cumulative \(kind)", [axis], of: operands[0].shape)
      guard kind.reduction.accepts(operands[0].dtype) else {
        throw OpError("cumulative \(kind): is not defined on \(operands[0].dtype)")
      }
      return operands[0]
    case .argSort(let axis, _, let count):
      try requireAxes("argSort", [axis], of: operands[0].shape)
      guard 0 <= count, count <= operands[0].shape[axis] else {
        throw OpError(
          "argSort: the first \(count) of \(operands[0].shape[axis]) on axis \(axis) of \(operands[0].shape)")
      }
      var shape = operands[0].shape
      shape[axis] = count
      return TensorType(shape, .int32)
    case .barrier:
      guard let first = operands.first else { throw OpError("barrier: no operand") }
      return first
    case .dotGeneral(let dimensions): return try dotType(operands[0], operands[1], dimensions)
    case .convolution(let dimensions): return try convolutionType(operands[0], operands[1], dimensions)
    case .reduceWindow(let reduction, let window):
      return try windowType("\(reduction) pooling", operands[0], window, reduction)
    case .selectAndScatter(let kind, let window):
      let pooled = try windowType("\(kind) pooling", operands[0], window, .max)
      guard window.baseDilation.allSatisfy({ $0 == 1 }) else {
        throw OpError("\(name): base dilation is not supported")
      }
      guard operands[1] == pooled else {
        throw OpError("\(name): sources of \(operands[1]) where the windows give \(pooled)")
      }
      return operands[0]
    }
  }

  private func requireSame(_ name: @autoclosure () -> String, _ a: TensorType, _ b: TensorType) throws(OpError) {
    guard a.dtype == b.dtype else {
      throw OpError("\(name()): \(a) and \(b) have different types. Convert one with `.cast(to: .\(a.dtype))`")
    }
    guard a.shape == b.shape else { throw OpError("\(name()): shapes \(a.shape) and \(b.shape) differ") }
  }

  func requireAxes(_ name: @autoclosure () -> String, _ axes: [Int], of shape: Shape) throws(OpError) {
    for axis in axes where !shape.indices.contains(axis) {
      throw OpError("\(name()): axis \(axis) of \(shape), which has \(shape.rank) axes")
    }
    guard Set(axes).count == axes.count else { throw OpError("\(name()): an axis is repeated in \(axes)") }
  }

  private func broadcastType(_ operand: TensorType, _ shape: Shape, _ axes: [Int]) throws(OpError) -> TensorType {
    guard axes.count == operand.shape.rank, zip(axes, axes.dropFirst()).allSatisfy({ $0 < $1 }),
      axes.allSatisfy({ shape.indices.contains($0) })
    else { throw OpError("broadcast: axes \(axes) do not place \(operand.shape) in \(shape)") }
    for (axis, target) in axes.enumerated() where operand.shape[axis] != 1 && operand.shape[axis] != shape[target] {
      throw OpError(
        "broadcast: \(operand.shape) to \(shape): axis \(axis) has size \(operand.shape[axis]), which is neither 1 nor "
          + "\(shape[target])")
    }
    return TensorType(shape, operand.dtype)
  }

  private func sliceType(_ operand: TensorType, _ bounds: SliceBounds) throws(OpError) -> TensorType {
    let shape = operand.shape
    guard bounds.start.count == shape.rank, bounds.limit.count == shape.rank, bounds.stride.count == shape.rank else {
      throw OpError("slice: \(bounds.start.count) bounds for \(shape), which has \(shape.rank) axes")
    }
    var sizes: [Int] = []
    for axis in shape.indices {
      let (start, limit, stride) = (bounds.start[axis], bounds.limit[axis], bounds.stride[axis])
      guard 0 <= start, start <= limit, limit <= shape[axis], stride > 0 else {
        throw OpError("slice: \(start)..<\(limit) by \(stride) on axis \(axis) of \(shape)")
      }
      sizes.append((limit - start + stride - 1) / stride)
    }
    return TensorType(Shape(sizes), operand.dtype)
  }

  private func padType(_ operand: TensorType, _ fill: TensorType, _ bounds: PadBounds) throws(OpError) -> TensorType {
    let shape = operand.shape
    guard fill == TensorType([], operand.dtype) else {
      throw OpError("pad: fills \(operand) with a \(fill), expected a scalar of its type")
    }
    guard bounds.low.count == shape.rank, bounds.high.count == shape.rank, bounds.interior.count == shape.rank else {
      throw OpError("pad: \(bounds.low.count) bounds for \(shape), which has \(shape.rank) axes")
    }
    var sizes: [Int] = []
    for axis in shape.indices {
      guard bounds.interior[axis] >= 0 else { throw OpError("pad: interior \(bounds.interior) is negative") }
      let size =
        shape[axis] + Swift.max(0, shape[axis] - 1) * bounds.interior[axis] + bounds.low[axis] + bounds.high[axis]
      guard size >= 0 else {
        throw OpError("pad: \(bounds.low[axis]) and \(bounds.high[axis]) crop more than axis \(axis) of \(shape) has")
      }
      sizes.append(size)
    }
    return TensorType(Shape(sizes), operand.dtype)
  }

  private func concatenateType(_ operands: [TensorType], _ axis: Int) throws(OpError) -> TensorType {
    guard let first = operands.first else { throw OpError("concatenate: nothing to join") }
    try requireAxes("concatenate", [axis], of: first.shape)
    var result = first
    for operand in operands.dropFirst() {
      guard operand.dtype == first.dtype, operand.shape.rank == first.shape.rank,
        first.shape.indices.allSatisfy({ $0 == axis || operand.shape[$0] == first.shape[$0] })
      else { throw OpError("concatenate: \(first) and \(operand) differ outside axis \(axis)") }
      result.shape[axis] += operand.shape[axis]
    }
    return result
  }
}
