import ApusCore

extension Tensor {
  /// Channels laid out as pixels: `[batch, height, width, channels · factor²]` to `[batch, height · factor, width · factor,
  /// channels]` (Shi et al. 2016). Channels come in PyTorch's order: channel c · factor² + row · factor + column.
  public func pixelShuffle(_ factor: Int) -> Tensor {
    guard rank == 4, factor >= 1, shape[3] % (factor * factor) == 0 else {
      return Mistakes.report(
        OpError(
          "pixelShuffle: input \(shape) by \(factor), expected [batch, height, width, channels · \(factor * factor)]"))
    }
    let (batch, height, width, channels) = (shape[0], shape[1], shape[2], shape[3] / (factor * factor))
    return reshaped(to: [batch, height, width, channels, factor, factor]).transposed([0, 1, 4, 2, 5, 3])
      .reshaped(to: [batch, height * factor, width * factor, channels])
  }

  /// The inverse of ``pixelShuffle(_:)``: `[batch, height · factor, width · factor, channels]` to `[batch, height, width,
  /// channels · factor²]`.
  public func pixelUnshuffle(_ factor: Int) -> Tensor {
    guard rank == 4, factor >= 1, shape[1] % factor == 0, shape[2] % factor == 0 else {
      return Mistakes.report(
        OpError(
          "pixelUnshuffle: input \(shape) by \(factor), expected [batch, height, width, channels] with a height and a "
            + "width that \(factor) divides"))
    }
    let (batch, height, width, channels) = (shape[0], shape[1] / factor, shape[2] / factor, shape[3])
    return reshaped(to: [batch, height, factor, width, factor, channels]).transposed([0, 1, 3, 5, 2, 4])
      .reshaped(to: [batch, height, width, channels * factor * factor])
  }

  /// The last axis, cut into `groups`, taken by turns from each: channel j of group i becomes channel j · groups + i
  /// (Zhang et al. 2018).
  public func channelShuffle(_ groups: Int) -> Tensor {
    guard rank >= 2, groups >= 1, shape[rank - 1] % groups == 0 else {
      return Mistakes.report(
        OpError("channelShuffle: input \(shape) in \(groups) groups, expected […, channels] that \(groups) divides"))
    }
    let outer = Array(shape.dropLast())
    let parts = reshaped(to: Shape(outer + [groups, shape[rank - 1] / groups]))
    return parts.swapping(-1, -2).reshaped(to: shape)
  }

  /// The patches of `[batch, height, width, channels]` that a window sees, `[batch, patches, channels · area]`: row by row,
  /// each with its elements channel by channel, as PyTorch's `unfold` has them (its result is `[batch, channels · area,
  /// patches]`).
  public func unfold(_ size: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> Tensor {
    guard let grid = PatchGrid("unfold", self, size, stride, padding, dilation) else { return Mistakes.standIn }
    let bounds: [(Int, Int)] = [(0, 0), (padding.height, padding.height), (padding.width, padding.width), (0, 0)]
    let padded = padded(bounds)
    let offsets = grid.offsets.map { top, left in
      padded.slice4(grid, top, left).reshaped(to: [shape[0], grid.rows * grid.columns, shape[3], 1])
    }
    return concatenate(offsets, axis: 3).reshaped(
      to: [shape[0], grid.rows * grid.columns, shape[3] * size.height * size.width])
  }

  /// The sum of overlapping patches: `[batch, patches, channels · area]`, as ``unfold(_:stride:padding:dilation:)`` gives
  /// them, to `[batch, height, width, channels]`. PyTorch's `fold`.
  ///
  /// - Parameter output: Height and width of the result.
  public func fold(_ output: Pair, _ size: Pair, stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1) -> Tensor {
    let area = size.height * size.width
    guard rank == 3, area > 0, shape[2] % area == 0 else {
      return Mistakes.report(
        OpError("fold: input \(shape) for a window \(size.sizes), expected [batch, patches, channels · \(area)]"))
    }
    let channels = shape[2] / area
    let target = Tensor.zeros([shape[0], output.height, output.width, channels], dtype: dtype)
    guard let grid = PatchGrid("fold", target, size, stride, padding, dilation) else { return Mistakes.standIn }
    guard grid.rows * grid.columns == shape[1] else {
      return Mistakes.report(
        OpError(
          "fold: input \(shape) to \(output.sizes), which has \(grid.rows) × \(grid.columns) = "
            + "\(grid.rows * grid.columns) patches of \(size.sizes), not \(shape[1])"))
    }
    let (height, width) = (output.height + 2 * padding.height, output.width + 2 * padding.width)
    let parts = reshaped(to: [shape[0], grid.rows, grid.columns, channels, area])
    let sums = grid.offsets.enumerated().map { number, offset in
      let part = parts.slice(axis: 4, number..<(number + 1)).squeezed([4])
      let (top, left) = offset
      let low = [0, top, left, 0]
      let high = [
        0, height - top - (grid.rows - 1) * stride.height - 1, width - left - (grid.columns - 1) * stride.width - 1, 0,
      ]
      let bounds = PadBounds(low: low, high: high, interior: [0, stride.height - 1, stride.width - 1, 0])
      return Tensor.apply(.pad(bounds), part, Tensor(0, dtype: dtype))
    }
    let whole = sums.dropFirst().reduce(sums[0], +)
    return whole.slice(axis: 1, padding.height..<(padding.height + output.height))
      .slice(axis: 2, padding.width..<(padding.width + output.width))
  }

  /// What all patches have at one offset.
  fileprivate func slice4(_ grid: PatchGrid, _ top: Int, _ left: Int) -> Tensor {
    let bottom = top + (grid.rows - 1) * grid.stride.height + 1
    let right = left + (grid.columns - 1) * grid.stride.width + 1
    let bounds = SliceBounds(
      start: [0, top, left, 0], limit: [shape[0], bottom, right, shape[3]],
      stride: [1, grid.stride.height, grid.stride.width, 1])
    return .apply(.slice(bounds), self)
  }
}

/// How many patches of an image a window sees, and where each of its elements is.
private struct PatchGrid {
  let rows: Int
  let columns: Int
  let stride: Pair
  /// From the top and left of a patch, in row-major order.
  let offsets: [(Int, Int)]

  init?(_ name: String, _ x: Tensor, _ size: Pair, _ stride: Pair, _ padding: Pair, _ dilation: Pair) {
    guard x.spatialSizes(name, rank: 2) != nil else { return nil }
    let window = Window(
      size: size.sizes, stride: stride.sizes, padLow: padding.sizes, padHigh: padding.sizes, dilation: dilation.sizes)
    guard (size.sizes + stride.sizes + dilation.sizes).allSatisfy({ $0 >= 1 }), padding.sizes.allSatisfy({ $0 >= 0 })
    else {
      Mistakes.require(
        false,
        "\(name): window \(size.sizes), stride \(stride.sizes) and dilation \(dilation.sizes) must be at least 1 on every "
          + "axis, padding \(padding.sizes) at least 0")
      return nil
    }
    rows = window.count(x.shape[1], axis: 0)
    columns = window.count(x.shape[2], axis: 1)
    guard rows > 0, columns > 0 else {
      Mistakes.require(
        false,
        "\(name): a window reaching over [\(window.extent(axis: 0)), \(window.extent(axis: 1))] does not fit in \(x.shape), "
          + "padding \(padding.sizes) included. Pad more or use a smaller one")
      return nil
    }
    self.stride = stride
    offsets = (0..<size.height).flatMap { row in
      (0..<size.width).map { (row * dilation.height, $0 * dilation.width) }
    }
  }
}
