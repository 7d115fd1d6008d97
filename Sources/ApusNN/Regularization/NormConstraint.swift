import ApusTensor

extension Tensor {
  /// The slices along an axis, those with a larger norm scaled down to it. PyTorch's `renorm`.
  ///
  /// - Parameters:
  ///   - axis: The axis along which there are slices.
  ///   - order: Of the norm, p.
  public func renormalized(to largest: Double, axis: Int, order: Double = 2) -> Tensor {
    guard largest >= 0, -rank <= axis, axis < rank else {
      return .mistake("renormalized: to \(largest) along axis \(axis) of \(shape), expected 0 or more and an axis")
    }
    let place = axis < 0 ? axis + rank : axis
    let norms = norm(order, axes: shape.indices.filter { $0 != place }, keepDims: true)
    let isLong = norms .> largest
    return select(isLong, self * (largest / (select(isLong, norms, 1) + 1e-7)), self)
  }
}

extension Module {
  /// Scales down the weights that feed a unit where their norm is larger: the max-norm constraint (Srebro & Shraibman
  /// 2005; Srivastava et al. 2014), to be called after each step of an optimizer.
  ///
  /// Of a matrix `[outputs, inputs]` the rows are units, of a kernel `[…, outputs]` the slices of the last axis.
  ///
  /// - Parameter isIncluded: Which parameters: those of two axes or more unless given.
  public final func constrainNorms(
    to largest: Double, where isIncluded: (Module.Entry) -> Bool = { $0.slot.tensor!.rank >= 2 }
  ) {
    for entry in parameters.filter(isIncluded) {
      let weight = entry.slot.tensor!
      entry.slot.tensor = weight.renormalized(to: largest, axis: weight.outputAxis)
    }
  }
}

extension Tensor {
  /// The axis of a weight that counts outputs.
  var outputAxis: Int { rank <= 2 ? 0 : rank - 1 }
}
