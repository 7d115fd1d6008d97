import ApusCore

/// The result of one primitive.
func evaluate(_ op: Op, _ operands: [DenseArray], _ type: TensorType) -> DenseArray {
  switch op {
  case .value, .parameter, .output, .block, .scan, .whileLoop, .conditional, .custom:
    fatalError("\(op.name) is not evaluated by itself")
  case .constant(let scalar): return DenseArray([scalar.doubleValue], type)
  case .iota(_, let axis): return DenseArray(type) { rounded(Double($0[axis]), type.dtype) }
  case .randomBits(let shape, let stream):
    let key = SIMD2(UInt32(operands[0].elements[0]), UInt32(operands[0].elements[1]))
    let words = (0..<shape.elementCount).map { place in
      let block = UInt64(place / 4)
      let counter = SIMD4(UInt32(truncatingIfNeeded: block), UInt32(block >> 32), stream, 0)
      return Double(philox(counter, key)[place % 4])
    }
    return DenseArray(words, type)
  case .identity, .stopGradient, .barrier: return operands[0]
  case .bitcastConvert: return bitcast(operands[0], type)
  case .dynamicSlice(let sizes): return dynamicSliced(operands[0], operands[1], sizes, type)
  case .dynamicUpdateSlice: return dynamicUpdated(operands[0], operands[1], operands[2])
  case .gather(let dimensions, let sizes): return gathered(operands[0], operands[1], dimensions, sizes, type)
  case .scatter(let kind, let dimensions, let clamps):
    return scattered(operands[0], operands[1], operands[2], kind, dimensions, clamps: clamps)
  case .cumulative(let kind, let axis, let isReversed): return accumulated(operands[0], kind, axis, isReversed)
  case .argSort(let axis, let isDescending, _): return argSorted(operands[0], axis, isDescending, type)
  case .unary(let op): return operands[0].map { op.reference($0, type.dtype) }
  case .binary(let op):
    let pairs = zip(operands[0].elements, operands[1].elements)
    return DenseArray(pairs.map { rounded(op.reference($0, $1, type.dtype), type.dtype) }, type)
  case .compare(let comparison):
    return DenseArray(
      zip(operands[0].elements, operands[1].elements).map { comparison.reference($0, $1) ? 1 : 0 }, type)
  case .select:
    let choices = zip(operands[1].elements, operands[2].elements)
    return DenseArray(zip(operands[0].elements, choices).map { $0 != 0 ? $1.0 : $1.1 }, type)
  case .convert(let dtype):
    return DenseArray(operands[0].elements.map { converted($0, from: operands[0].dtype, to: dtype) }, type)
  case .broadcastInDim(_, let axes):
    let source = operands[0]
    return DenseArray(type) { index in
      source[axes.enumerated().map { source.shape[$0.offset] == 1 ? 0 : index[$0.element] }]
    }
  case .reshape: return DenseArray(operands[0].elements, type)
  case .transpose(let permutation):
    let source = operands[0]
    return DenseArray(type) { index in
      var place = index
      for (axis, origin) in permutation.enumerated() { place[origin] = index[axis] }
      return source[place]
    }
  case .slice(let bounds):
    return DenseArray(type) { index in operands[0][index.enumerated().map { bounds.start[$0] + $1 * bounds.stride[$0] }]
    }
  case .pad(let bounds): return padded(operands[0], operands[1].elements[0], bounds, type)
  case .concatenate(let axis): return concatenated(operands, axis, type)
  case .reverse(let axes):
    return DenseArray(type) { index in
      operands[0][index.enumerated().map { axes.contains($0) ? type.shape[$0] - 1 - $1 : $1 }]
    }
  case .reduce(let reduction, let axes): return reduced(operands[0], reduction, axes, type)
  case .argReduce(let kind, let axis): return argReduced(operands[0], kind, axis, type)
  case .dotGeneral(let dimensions): return dotted(operands[0], operands[1], dimensions, type)
  case .convolution(let dimensions): return convolved(operands[0], operands[1], dimensions, type)
  case .reduceWindow(let reduction, let window): return windowed(operands[0], reduction, window, type)
  case .selectAndScatter(let kind, let window):
    return selectedAndScattered(operands[0], operands[1], kind, window, type)
  }
}

private func padded(_ source: DenseArray, _ fill: Double, _ bounds: PadBounds, _ type: TensorType) -> DenseArray {
  DenseArray(type) { index in
    var place: [Int] = []
    for (axis, target) in index.enumerated() {
      let offset = target - bounds.low[axis]
      let step = bounds.interior[axis] + 1
      guard offset >= 0, offset % step == 0, offset / step < source.shape[axis] else { return fill }
      place.append(offset / step)
    }
    return source[place]
  }
}

private func concatenated(_ parts: [DenseArray], _ axis: Int, _ type: TensorType) -> DenseArray {
  DenseArray(type) { index in
    var place = index
    for part in parts {
      if place[axis] < part.shape[axis] { return part[place] }
      place[axis] -= part.shape[axis]
    }
    fatalError("an index past the last part")
  }
}

private func reduced(_ source: DenseArray, _ reduction: Reduction, _ axes: [Int], _ type: TensorType) -> DenseArray {
  var result = DenseArray(type) { _ in reduction.neutral(type.dtype).doubleValue }
  let kept = source.shape.indices.filter { !axes.contains($0) }
  // Sums run in double precision and are rounded once at the end.
  source.shape.forEachIndex { index in
    let target = kept.map { index[$0] }
    result[target] = reduction.combine(result[target], source[index], type.dtype)
  }
  return result.map { $0 }
}

private func argReduced(_ source: DenseArray, _ kind: ArgReduction, _ axis: Int, _ type: TensorType) -> DenseArray {
  DenseArray(type) { index in
    var place = index
    place.insert(0, at: axis)
    var best = 0
    for candidate in 1..<max(1, source.shape[axis]) {
      place[axis] = best
      let champion = source[place]
      place[axis] = candidate
      if beats(source[place], champion, kind) { best = candidate }
    }
    return Double(best)
  }
}

/// Whether a later element replaces an earlier one: strictly more extreme, or the first NaN.
func beats(_ candidate: Double, _ champion: Double, _ kind: ArgReduction) -> Bool {
  if champion.isNaN { return false }
  return candidate.isNaN || (kind == .max ? candidate > champion : candidate < champion)
}

private func windowed(_ source: DenseArray, _ reduction: Reduction, _ window: Window, _ type: TensorType) -> DenseArray
{
  DenseArray(type) { index in
    var value = reduction.neutral(type.dtype).doubleValue
    Shape(window.size).forEachIndex { offset in
      if let place = place(index, offset, window, source.shape) {
        value = reduction.combine(value, source[place], type.dtype)
      }
    }
    return rounded(value, type.dtype)
  }
}

private func selectedAndScattered(
  _ source: DenseArray, _ values: DenseArray, _ kind: ArgReduction, _ window: Window, _ type: TensorType
) -> DenseArray {
  var result = DenseArray(type) { _ in 0 }
  values.shape.forEachIndex { index in
    var best: [Int]?
    Shape(window.size).forEachIndex { offset in
      guard let place = place(index, offset, window, source.shape) else { return }
      if best.map({ beats(source[place], source[$0], kind) }) ?? true { best = place }
    }
    if let best { result[best] += values[index] }
  }
  return result.map { $0 }
}

/// Which element a window sees at an offset, if any.
private func place(_ index: [Int], _ offset: [Int], _ window: Window, _ shape: Shape) -> [Int]? {
  var place: [Int] = []
  for axis in 0..<window.rank {
    let spread = index[axis] * window.stride[axis] + offset[axis] * window.dilation[axis] - window.padLow[axis]
    let step = window.baseDilation[axis]
    guard spread >= 0, spread % step == 0, spread / step < shape[axis] else { return nil }
    place.append(spread / step)
  }
  return place
}
