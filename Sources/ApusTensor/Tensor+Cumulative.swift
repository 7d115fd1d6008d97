import ApusCore

extension Tensor {
  private func cumulative(_ kind: Cumulative, _ axis: Int, _ isReversed: Bool) -> Tensor {
    guard let axis = existingAxis(axis, "cumulative \(kind)") else { return Mistakes.standIn }
    // What is true is counted.
    let numbers = dtype == .bool && kind != .max && kind != .min ? cast(to: .int32) : self
    return .apply(.cumulative(kind, axis: axis, isReversed: isReversed), numbers)
  }

  /// The sums of the elements so far along an axis, each one included; from the end with `reversed`.
  public func cumulativeSum(axis: Int = -1, reversed: Bool = false) -> Tensor { cumulative(.sum, axis, reversed) }
  /// The products of the elements so far along an axis, each one included; from the end with `reversed`.
  public func cumulativeProduct(axis: Int = -1, reversed: Bool = false) -> Tensor {
    cumulative(.product, axis, reversed)
  }
  /// The largest elements so far along an axis; from the end with `reversed`.
  public func cumulativeMax(axis: Int = -1, reversed: Bool = false) -> Tensor { cumulative(.max, axis, reversed) }
  /// The smallest elements so far along an axis; from the end with `reversed`.
  public func cumulativeMin(axis: Int = -1, reversed: Bool = false) -> Tensor { cumulative(.min, axis, reversed) }

  /// log Σ eˣ over the elements so far along an axis, each one included. Nothing overflows, and small sums beside large
  /// ones keep their digits: partial results are joined by doubling distances (Hillis & Steele 1986).
  public func logCumulativeSumExp(axis: Int = -1, reversed: Bool = false) -> Tensor {
    guard let axis = existingAxis(axis, "logCumulativeSumExp") else { return Mistakes.standIn }
    if reversed { return self.reversed([axis]).logCumulativeSumExp(axis: axis).reversed([axis]) }
    var sums = floating
    var distance = 1
    while distance < shape[axis] {
      let earlier = sums.slice(axis: axis, 0..<(shape[axis] - distance))
      var widths = shape.map { _ in (0, 0) }
      widths[axis] = (distance, 0)
      sums = logAddExp(sums, earlier.padded(widths, value: -Double.infinity))
      distance *= 2
    }
    return sums
  }

  /// Differences of neighbours along an axis, taken `order` times: `[…, n, …]` gives `[…, n − order, …]`, or nothing
  /// where the axis is shorter than that, as NumPy's and PyTorch's.
  public func diff(order: Int = 1, axis: Int = -1) -> Tensor {
    guard let axis = existingAxis(axis, "diff") else { return Mistakes.standIn }
    guard order >= 0 else { return Mistakes.report(OpError("diff: of order \(order), expected no less than 0")) }
    return (0..<Swift.min(order, shape[axis])).reduce(self) { values, _ in
      let count = values.shape[axis]
      let (after, before) = (values.slice(axis: axis, 1..<count), values.slice(axis: axis, 0..<(count - 1)))
      return dtype == .bool ? after ^ before : after - before
    }
  }

  /// How often each of the numbers 0, 1, …, length − 1 occurs among integers (`int32[length]`), or the sum of the
  /// weights of its places. Without a length the tensor is evaluated, and it reaches to the largest number; with one,
  /// other numbers are left out.
  public func binCount(_ length: Int? = nil, weights: Tensor? = nil) -> Tensor {
    guard dtype.isInteger, weights.map({ $0.shape == shape }) ?? true else {
      let beside = weights.map { " with weights \($0.shape)" } ?? ""
      return Mistakes.report(OpError("binCount: of \(node.type)\(beside), expected integers and weights of one shape"))
    }
    var length = length
    if length == nil {
      do throws(OpError) {
        try requireValue("binCount", "Name the length")
      } catch {
        return Mistakes.report(error)
      }
      length = count == 0 ? 0 : Int(max().item()) + 1
    }
    let flat = weights?.reshaped(to: [count]) ?? .ones([count], dtype: .int32)
    return counted(reshaped(to: [count]).cast(to: .int32), flat, Swift.max(0, length!))
  }

  /// The values added up at their numbers; those outside 0..<length are left out.
  private func counted(_ numbers: Tensor, _ values: Tensor, _ length: Int) -> Tensor {
    let dimensions = IndexDimensions(windowAxes: [], collapsedAxes: [0], indexMap: [0], vectorAxis: 1)
    return .apply(
      .scatter(.add, dimensions, clamps: false), .zeros([length], dtype: values.dtype), numbers, values)
  }

  /// How many elements fall into each of `bins` equal parts of a range, from the smallest to the largest element unless
  /// given, or the sum of their weights; and the parts' edges `[bins + 1]`. A part has its lower edge but not its upper
  /// one, the last has both; elements outside the range are left out.
  public func histogram(
    bins: Int = 10, range: ClosedRange<Double>? = nil, weights: Tensor? = nil
  ) -> (counts: Tensor, edges: Tensor) {
    guard bins > 0, weights.map({ $0.shape == shape }) ?? true, range != nil || count > 0 else {
      let standIn = Mistakes.report(OpError("histogram: of \(shape) in \(bins) bins"))
      return (standIn, standIn)
    }
    let values = floating.reshaped(to: [count])
    let steps = Tensor.range(bins + 1, dtype: values.dtype) / Double(bins)
    let edges: Tensor
    if let range {
      let isPoint = range.lowerBound == range.upperBound
      let (low, high) =
        isPoint ? (range.lowerBound - 0.5, range.upperBound + 0.5) : (range.lowerBound, range.upperBound)
      edges = Tensor.linspace(low, high, steps: bins + 1, dtype: values.dtype)
    } else {
      let (smallest, largest) = (values.min(), values.max())
      let isPoint = smallest .== largest
      let low = select(isPoint, smallest - 0.5, smallest)
      let high = select(isPoint, largest + 0.5, largest)
      // The ends are exact: the last element must not fall out by rounding.
      edges = low * (1 - steps) + high * steps
    }
    let place = edges.searchSorted(values, right: true) - 1
    let isLast = values .== edges[-1]
    let flat = weights?.reshaped(to: [count]) ?? .ones([count], dtype: .int32)
    return (counted(select(isLast, place - 1, place), flat, bins), edges)
  }
}
