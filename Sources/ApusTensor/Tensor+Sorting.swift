import ApusCore

extension Tensor {
  /// The axis, or nil and a mistake if it is not there: a scalar has none.
  func existingAxis(_ axis: Int, _ name: String) -> Int? {
    guard -rank <= axis, axis < rank else {
      _ = Mistakes.report(OpError("\(name): axis \(axis) of \(shape), which has \(rank) axes"))
      return nil
    }
    return axis < 0 ? axis + rank : axis
  }

  /// The elements in order along an axis; NaN counts as the largest. Gradients go where the elements came from.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    guard let axis = existingAxis(axis, "sorted") else { return Mistakes.standIn }
    return gatheredAlong(argSort(axis: axis, descending: descending), axis: axis)
  }

  /// The indices (`int32`) that sort the elements along an axis. Equal elements keep their order; NaN counts as the
  /// largest.
  public func argSort(axis: Int = -1, descending: Bool = false) -> Tensor {
    guard let axis = existingAxis(axis, "argSort") else { return Mistakes.standIn }
    return .apply(.argSort(axis: axis, isDescending: descending, count: shape[axis]), self)
  }

  /// The `count` largest (or smallest) elements along an axis in order, and their indices (`int32`): `[…, n, …]` gives
  /// `[…, count, …]` twice.
  public func topK(_ count: Int, axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor) {
    guard let axis = existingAxis(axis, "topK") else { return (Mistakes.standIn, Mistakes.standIn) }
    guard 0 <= count, count <= shape[axis] else {
      let standIn = Mistakes.report(OpError("topK: \(count) of \(shape[axis]) elements on axis \(axis) of \(shape)"))
      return (standIn, standIn)
    }
    let indices = Tensor.apply(.argSort(axis: axis, isDescending: largest, count: count), self)
    return (gatheredAlong(indices, axis: axis), indices)
  }

  /// The middle element along an axis, or of all: the mean of both middle ones where their number is even, as NumPy's.
  /// NaN if one is among them.
  public func median(axis: Int? = nil, keepDims: Bool = false) -> Tensor {
    quantile(0.5, axis: axis, keepDims: keepDims)
  }

  /// The value below which a share of the elements lies, along an axis or of all, interpolated linearly between
  /// neighbours. NaN if one is among the elements.
  ///
  /// - Parameter share: From 0, the smallest element, to 1, the largest.
  public func quantile(_ share: Double, axis: Int? = nil, keepDims: Bool = false) -> Tensor {
    let values = quantiles([share], axis, keepDims)
    return values.first ?? Mistakes.standIn
  }

  /// Several quantiles in front of the other axes: `[shares, …]`.
  public func quantile(_ shares: [Double], axis: Int? = nil, keepDims: Bool = false) -> Tensor {
    let values = quantiles(shares, axis, keepDims)
    return values.isEmpty ? Mistakes.report(OpError("quantile: no shares")) : stack(values)
  }

  private func quantiles(_ shares: [Double], _ axis: Int?, _ keepDims: Bool) -> [Tensor] {
    guard let axis else {
      let values = reshaped(to: [count]).quantiles(shares, 0, false)
      return keepDims ? values.map { $0.reshaped(to: Shape(shape.map { _ in 1 })) } : values
    }
    guard let axis = existingAxis(axis, "quantile") else { return [] }
    guard shares.allSatisfy({ 0 <= $0 && $0 <= 1 }) else {
      return [Mistakes.report(OpError("quantile: \(shares) of \(shape) on axis \(axis), expected shares from 0 to 1"))]
    }
    guard shape[axis] > 0 else {
      return [Mistakes.report(OpError("quantile: axis \(axis) of \(shape) has no elements"))]
    }
    let ordered = floating.sorted(axis: axis)
    let last = shape[axis] - 1
    let largest = ordered.slice(axis: axis, last..<(last + 1))
    return shares.map { share in
      let place = share * Double(last)
      let low = Int(place)
      let weight = place - Double(low)
      let below = ordered.slice(axis: axis, low..<(low + 1))
      var value = below
      if weight > 0 {
        let above = ordered.slice(axis: axis, (low + 1)..<(low + 2))
        // Not below + weight · (above − below), which makes NaN of two infinities.
        value = select(below .== above, below, below * (1 - weight) + above * weight)
      }
      value = select(largest.isNaN(), largest, value)
      return keepDims ? value : value.reshaped(to: shape.removing([axis]))
    }
  }

  /// Where values would be put into this sorted vector `[n]` to keep it sorted: indices (`int32`) from 0 to n, of the
  /// values' shape; before equal elements, or after them with `right`. PyTorch's and NumPy's `searchsorted`.
  public func searchSorted(_ values: Tensor, right: Bool = false) -> Tensor {
    guard rank == 1 else {
      return Mistakes.report(OpError("searchSorted: in \(shape), expected a sorted vector. Use `vmap` for several"))
    }
    let (ordered, values) = Tensor.promoted(self, values)
    let count = shape[0]
    var place = Tensor.zeros(values.shape, dtype: .int32)
    if count == 0 { return place }
    // One binary digit of the answer after the other, from the highest.
    var step = 1
    while step * 2 <= count { step *= 2 }
    while step > 0 {
      let next = place + step
      let element = ordered.gathered(minimum(next, count) - 1, axis: 0)
      let isBefore = right ? element .<= values : element .< values
      place = select(isBefore & (next .<= count), next, place)
      step /= 2
    }
    return place
  }

  /// The different elements in ascending order, as a vector. Evaluates the tensor: the result's size depends on it.
  public func unique() -> Tensor { uniqueParts("unique")?.values ?? Mistakes.standIn }

  /// The different elements in ascending order `[n]`, for each element of the tensor the index of its value among them
  /// (`int32`, the tensor's shape), and how often each occurs (`int32[n]`). Evaluates the tensor.
  public func uniqueWithCounts() -> (values: Tensor, inverse: Tensor, counts: Tensor) {
    guard let parts = uniqueParts("uniqueWithCounts") else {
      return (Mistakes.standIn, Mistakes.standIn, Mistakes.standIn)
    }
    let ones = Tensor.ones([count], dtype: .int32)
    let counts = Tensor.zeros([parts.values.count], dtype: .int32).at(parts.inverse).adding(ones)
    return (parts.values, parts.inverse.reshaped(to: shape), counts)
  }

  private func uniqueParts(_ name: String) -> (values: Tensor, inverse: Tensor)? {
    do throws(OpError) {
      try requireValue(name, "Sort the elements and mark those that differ from the one before instead")
    } catch {
      _ = Mistakes.report(error)
      return nil
    }
    let flat = reshaped(to: [count])
    if count == 0 { return (flat, .zeros([0], dtype: .int32)) }
    let order = flat.argSort()
    let ordered = flat.gathered(order, axis: 0)
    let differs = ordered[1...] .!= ordered[..<(count - 1)]
    let isFirst = concatenate([Tensor([true]), differs])
    let numbers = isFirst.cumulativeSum() - 1
    let inverse = Tensor.zeros([count], dtype: .int32).at(order).replaced(by: numbers)
    return (ordered[isFirst], inverse)
  }

  /// The indices of the elements that are not 0 (or true): `int32[n, rank]`, in row-major order. PyTorch's `nonzero`,
  /// NumPy's `argwhere`. Evaluates the tensor: the result's size depends on it.
  public func nonZero() -> Tensor {
    do throws(OpError) {
      try requireValue("nonZero", "Use `select`, whose shape is known")
    } catch {
      return Mistakes.report(error)
    }
    let places = truePlaces()
    let count = places.first?.count ?? (truths.item() != 0 ? 1 : 0)
    let flat = (0..<count).flatMap { row in places.map { $0[row] } }
    return Tensor(flat, shape: [count, rank])
  }
}
