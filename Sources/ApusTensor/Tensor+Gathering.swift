import ApusCore

extension Tensor {
  /// The slices at given positions along an axis: `[…, n, …]` and indices `[a, b]` give `[…, a, b, …]`. NumPy's `take`,
  /// PyTorch's `index_select`.
  ///
  /// Negative indices count from the back; those out of range are clamped.
  public func take(_ indices: Tensor, axis: Int) -> Tensor {
    guard rank > 0, indices.dtype.isInteger else {
      return Mistakes.report(OpError("take: indices \(indices.node.type) of \(shape), expected integers and an axis"))
    }
    let place = self.axis(axis, "take")
    return gathered(indices.wrapped(size: shape[place]), axis: place)
  }

  /// `take` of indices that are `int32` and not negative.
  func gathered(_ indices: Tensor, axis: Int) -> Tensor {
    let windows = shape.indices.filter { $0 != axis }
    let dimensions = IndexDimensions(
      windowAxes: windows.map { $0 < axis ? $0 : $0 + indices.rank - 1 }, collapsedAxes: [axis], indexMap: [axis],
      vectorAxis: indices.rank)
    return .apply(
      .gather(dimensions, sizes: shape.indices.map { $0 == axis ? 1 : shape[$0] }), self, indices)
  }

  /// The elements at given positions along an axis: `y[i, j] = x[indices[i, j], j]` for axis 0. NumPy's
  /// `take_along_axis`, PyTorch's `gather`.
  ///
  /// Indices have as many axes as the tensor and, but for `axis`, are broadcast over it. Negative ones count from the
  /// back; those out of range are clamped.
  public func takeAlong(_ indices: Tensor, axis: Int) -> Tensor {
    guard let (x, places, axis) = aligned("takeAlong", indices, axis) else { return Mistakes.standIn }
    return x.gatheredAlong(places.wrapped(size: x.shape[axis]), axis: axis)
  }

  /// `takeAlong` of indices that are `int32`, not negative, and of the tensor's shape but on `axis`.
  func gatheredAlong(_ indices: Tensor, axis: Int) -> Tensor {
    .apply(.gather(.along(axis, rank: rank), sizes: shape.map { _ in 1 }), self, indices)
  }

  /// A new tensor with values put at given positions along an axis: `y[indices[i, j], j] = values[i, j]` for axis 0.
  /// NumPy's `put_along_axis`, PyTorch's `scatter`. Which of several values for one element wins is not specified.
  public func putAlong(_ indices: Tensor, _ values: Tensor, axis: Int) -> Tensor {
    scattered(.set, "putAlong", indices, values, axis)
  }

  /// A new tensor with values added at given positions along an axis: `y[indices[i, j], j] += values[i, j]` for axis 0.
  /// PyTorch's `scatter_add`. To add whole slices, use `x.at(indices).adding(_:)`.
  public func scatterAdd(_ indices: Tensor, _ values: Tensor, axis: Int) -> Tensor {
    scattered(.add, "scatterAdd", indices, values, axis)
  }

  /// A new tensor with elements multiplied by values at given positions along an axis (PyTorch's `scatter_reduce`).
  public func scatterMultiply(_ indices: Tensor, _ values: Tensor, axis: Int) -> Tensor {
    scattered(.multiply, "scatterMultiply", indices, values, axis)
  }

  /// A new tensor with the larger of element and values at given positions along an axis.
  public func scatterMax(_ indices: Tensor, _ values: Tensor, axis: Int) -> Tensor {
    scattered(.max, "scatterMax", indices, values, axis)
  }

  /// A new tensor with the smaller of element and values at given positions along an axis.
  public func scatterMin(_ indices: Tensor, _ values: Tensor, axis: Int) -> Tensor {
    scattered(.min, "scatterMin", indices, values, axis)
  }

  private func scattered(
    _ kind: ScatterKind, _ name: String, _ indices: Tensor, _ values: Tensor, _ axis: Int
  ) -> Tensor {
    guard let (x, places, axis) = aligned(name, indices, axis), x.shape == shape else {
      if Mistakes.hasFailed { return Mistakes.standIn }
      return Mistakes.report(OpError("\(name): indices \(indices.shape) are larger than the tensor, \(shape)"))
    }
    guard broadcastShape(values.shape, places.shape) == places.shape else {
      return Mistakes.report(
        OpError("\(name): values \(values.shape) at indices \(places.shape), to which they do not broadcast"))
    }
    if values.dtype != dtype, Promotion.current == .strict {
      return Mistakes.report(OpError("\(name): values \(values.node.type) into \(node.type)"))
    }
    let updates = values.cast(to: dtype).broadcast(to: places.shape)
    return .apply(
      .scatter(kind, .along(axis, rank: rank), clamps: true), self, places.wrapped(size: shape[axis]), updates)
  }

  /// Tensor and indices broadcast over each other on all axes but one.
  private func aligned(_ name: String, _ indices: Tensor, _ axis: Int) -> (Tensor, Tensor, Int)? {
    let message = "\(name): indices \(indices.node.type) of \(shape), expected integers with the same axes"
    guard rank > 0, indices.rank == rank, indices.dtype.isInteger else {
      _ = Mistakes.report(OpError(message))
      return nil
    }
    let place = self.axis(axis, name)
    guard let others = broadcastShape(shape.flattening([place]), indices.shape.flattening([place])) else {
      _ = Mistakes.report(OpError(message + ", which broadcast but for axis \(place)"))
      return nil
    }
    var (wide, wideIndices) = (others, others)
    wide[place] = shape[place]
    wideIndices[place] = indices.shape[place]
    return (broadcast(to: wide), indices.broadcast(to: wideIndices), place)
  }

  /// A window of fixed sizes that starts where scalar integer tensors say, one for each axis; moved so that it lies
  /// inside. The start may be computed, even in a traced function.
  public func dynamicSlice(start: [Tensor], sizes: [Int]) -> Tensor {
    guard let place = startVector("dynamicSlice", start) else { return Mistakes.standIn }
    return .apply(.dynamicSlice(sizes: sizes), self, place)
  }

  /// A new tensor with `update` written over a window that starts where scalar integer tensors say, one for each axis;
  /// moved so that it lies inside.
  public func updating(with update: Tensor, at start: [Tensor]) -> Tensor {
    guard let place = startVector("updating", start) else { return Mistakes.standIn }
    return .apply(.dynamicUpdateSlice, self, update.dtype == dtype ? update : update.cast(to: dtype), place)
  }

  private func startVector(_ name: String, _ start: [Tensor]) -> Tensor? {
    guard start.count == rank, start.allSatisfy({ $0.rank == 0 && $0.dtype.isInteger }) else {
      _ = Mistakes.report(
        OpError("\(name): start \(start.map(\.node.type)) in \(shape), expected \(rank) integer scalars"))
      return nil
    }
    return start.isEmpty ? Tensor([] as [Int32]) : stack(start.map { $0.cast(to: .int32) })
  }
}
