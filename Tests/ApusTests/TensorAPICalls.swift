import ApusCore
import ApusTensor

/// The calls that `tensor_api.json` names.
enum TensorAPICalls {
  static func value(_ f: Fixture) -> Tensor? {
    let x = f.inputs.map(\.tensor)
    return reading(f.op, x) ?? assigning(f.op, x) ?? gathering(f, x) ?? sorting(f, x) ?? searching(f, x)
      ?? joining(f, x) ?? matrices(f, x) ?? statistics(f, x) ?? functions(f, x) ?? creation(f)
  }

  private static func reading(_ op: String, _ x: [Tensor]) -> Tensor? {
    let all = TensorIndex.all
    switch op {
    case "index.rows", "index.mask", "index.maskRows", "index.maskWhole", "index.scalarTensor": return x[0][x[1]]
    case "index.last": return x[0][TensorIndex.ellipsis, x[1]]
    case "index.middle": return x[0][all, x[1]]
    case "index.pairs", "index.broadcastPairs": return x[0][x[1], x[2]]
    case "index.apart": return x[0][x[1], all, x[2]]
    case "index.triples": return x[0][x[1], x[2], x[3]]
    case "index.positionBeside": return x[0][1, x[1]]
    case "index.positionApart": return x[0][0, all, x[1]]
    case "index.rangeAndTensor": return x[0][1..<3, x[1]]
    case "index.rangeBackwardsAndTensor": return x[0][TensorIndex.every(-1), x[1]]
    case "index.tensorAndRange": return x[0][x[1], 1..<3, TensorIndex.every(2)]
    case "index.newAxisFirst": return x[0][TensorIndex.newAxis, x[1]]
    case "index.newAxisBetween": return x[0][x[1], TensorIndex.newAxis, x[2]]
    case "index.newAxisAfter": return x[0][all, x[1], TensorIndex.newAxis]
    case "index.maskAndPosition": return x[0][x[1], 1]
    case "index.maskAndRange": return x[0][x[1], 1..<3]
    case "index.backwards": return x[0][TensorIndex.every(-1), TensorIndex.every(-2)]
    case "index.backwardsPart":
      return x[0][
        all, TensorIndex.range(start: 3, end: 0, stride: -2), TensorIndex.range(start: -1, end: 1, stride: -1)]
    case "index.everySecond":
      return x[0][all, TensorIndex.every(2), TensorIndex.range(start: 1, end: nil, stride: 2)]
    default: return nil
    }
  }

  private static func assigning(_ op: String, _ x: [Tensor]) -> Tensor? {
    guard op.hasPrefix("assign.") else { return nil }
    var y = x[0]
    let all = TensorIndex.all
    let value = x[x.count - 1]
    switch op {
    case "assign.position": y[1] = value
    case "assign.range": y[1..<3, ..<2] = value
    case "assign.rangeByScalar": y[TensorIndex.ellipsis, 1..<4] = value
    case "assign.strided": y[TensorIndex.every(2), TensorIndex.every(3)] = value
    case "assign.backwards": y[all, TensorIndex.every(-2), TensorIndex.every(-1)] = value
    case "assign.broadcast": y[all, 2] = value
    case "assign.newAxis": y[all, TensorIndex.newAxis, 1..<2] = value
    case "assign.rows", "assign.rowsByScalar", "assign.maskByScalar", "assign.maskByRow", "assign.maskValues",
      "assign.maskWholeByScalar", "assign.maskSame":
      y[x[1]] = value
    case "assign.pairs": y[x[1], x[2]] = value
    case "assign.apart": y[x[1], all, x[2]] = value
    case "assign.rangeAndTensor": y[0..<2, x[1]] = value
    case "assign.stridedAndTensor": y[TensorIndex.every(2), x[1], TensorIndex.every(-1)] = value
    default: return nil
    }
    return y
  }

  private static func gathering(_ f: Fixture, _ x: [Tensor]) -> Tensor? {
    let axis = f.int("axis") ?? 0
    switch f.op {
    case "at.add": return x[0].at(x[1]).adding(x[2])
    case "at.multiply": return x[0].at(x[1]).multiplied(by: x[2])
    case "at.max": return x[0].at(x[1]).maximum(x[2])
    case "at.min": return x[0].at(x[1]).minimum(x[2])
    case "at.addRange": return x[0].at(1..<3).adding(x[1])
    case "take": return x[0].take(x[1], axis: axis)
    case "takeAlong": return x[0].takeAlong(x[1], axis: axis)
    case "putAlong": return x[0].putAlong(x[1], x[2], axis: axis)
    case "scatterAdd": return x[0].scatterAdd(x[1], x[2], axis: axis)
    case "scatterMultiply": return x[0].scatterMultiply(x[1], x[2], axis: axis)
    case "scatterMax": return x[0].scatterMax(x[1], x[2], axis: axis)
    case "scatterMin": return x[0].scatterMin(x[1], x[2], axis: axis)
    case "dynamicSlice": return x[0].dynamicSlice(start: [x[1], x[2]], sizes: f.ints("sizes") ?? [])
    case "updating": return x[0].updating(with: x[1], at: [x[2], x[3]])
    default: return nil
    }
  }

  private static func sorting(_ f: Fixture, _ x: [Tensor]) -> Tensor? {
    let axis = f.int("axis")
    let count = f.int("count") ?? 0
    switch f.op {
    case "sorted": return x[0].sorted(axis: axis!)
    case "sortedDescending": return x[0].sorted(axis: axis!, descending: true)
    case "argSort": return x[0].argSort(axis: axis!)
    case "argSortDescending": return x[0].argSort(axis: 1, descending: true)
    case "topK.values": return x[0].topK(count, axis: axis!).values
    case "topK.indices": return x[0].topK(count, axis: axis!).indices
    case "bottomK.values": return x[0].topK(count, axis: axis!, largest: false).values
    case "median": return x[0].median(axis: axis)
    case "quantile": return x[0].quantile(f.double("share")!, axis: axis)
    case "quantiles": return x[0].quantile([0.1, 0.5, 0.8], axis: axis)
    case "cumulativeSum": return x[0].cumulativeSum(axis: axis!)
    case "cumulativeSumReversed": return x[0].cumulativeSum(axis: axis!, reversed: true)
    case "cumulativeProduct": return x[0].cumulativeProduct(axis: axis!)
    case "cumulativeMax": return x[0].cumulativeMax(axis: axis!)
    case "cumulativeMin": return x[0].cumulativeMin(axis: axis!)
    case "logCumulativeSumExp": return x[0].logCumulativeSumExp(axis: axis!)
    case "diff": return x[0].diff(order: f.int("order")!, axis: axis!)
    default: return nil
    }
  }

  private static func searching(_ f: Fixture, _ x: [Tensor]) -> Tensor? {
    switch f.op {
    case "searchSorted": return x[0].searchSorted(x[1])
    case "searchSortedRight": return x[0].searchSorted(x[1], right: true)
    case "unique": return x[0].unique()
    case "unique.inverse": return x[0].uniqueWithCounts().inverse
    case "unique.counts": return x[0].uniqueWithCounts().counts
    case "nonZero": return x[0].nonZero()
    case "binCount": return x[0].binCount(f.int("length"), weights: x.count > 1 ? x[1] : nil)
    case "histogram.counts", "histogram.edges":
      let range = f.double("low").map { $0...f.double("high")! }
      let (counts, edges) = x[0].histogram(bins: f.int("bins")!, range: range)
      return f.op == "histogram.counts" ? counts : edges
    default: return nil
    }
  }
}
