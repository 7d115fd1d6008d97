import ApusTensor

// Augmentation that mixes or hides parts of a batch. All work in one graph, with a key.

/// Convex combinations of the batch with itself in another order (Zhang et al. 2018): λx + (1 − λ)x′, and the targets alike.
///
/// - Parameters:
///   - inputs: `[batch, …]`
///   - targets: Class probabilities, `[batch, classes]`, or values.
///   - alpha: λ is drawn from Beta(α, α), once for the batch: near 0 or 1 for small α.
/// - Returns: Inputs and targets of the same shapes.
public func mixup(
  _ inputs: Tensor, _ targets: Tensor, alpha: Double = 0.2, key: inout RandomKey
) -> (inputs: Tensor, targets: Tensor) {
  guard let order = mixingOrder("mixup", inputs, targets, alpha, &key) else { return (inputs, targets) }
  let share = Tensor.beta(Tensor(alpha), Tensor(alpha), key: &key)
  let mixed = { (x: Tensor) in
    let weight = share.cast(to: x.dtype)
    return x * weight + x.take(order, axis: 0) * (1 - weight)
  }
  return (mixed(inputs), mixed(targets))
}

/// A rectangle of each image replaced by that of another one, and the targets mixed by area (Yun et al. 2019).
///
/// - Parameters:
///   - images: `[batch, height, width, channels]`
///   - targets: Class probabilities, `[batch, classes]`.
///   - alpha: The share that stays is drawn from Beta(α, α), once for the batch.
/// - Returns: Images and targets of the same shapes.
public func cutmix(
  _ images: Tensor, _ targets: Tensor, alpha: Double = 1, key: inout RandomKey
) -> (images: Tensor, targets: Tensor) {
  guard images.rank == 4 else {
    return (.mistake("cutmix: images \(images.shape), expected [batch, height, width, channels]"), targets)
  }
  guard let order = mixingOrder("cutmix", images, targets, alpha, &key) else { return (images, targets) }
  let (height, width) = (images.shape[1], images.shape[2])
  let share = Tensor.beta(Tensor(alpha), Tensor(alpha), key: &key)
  let side = maximum(1 - share, 0).sqrt().reshaped(to: [1])
  let isCut = rectangles(
    1, height, width, sides: (side * Double(height), side * Double(width)), key: &key)
  let stays = 1 - isCut.cast(to: .float32).mean()
  let mixed =
    targets * stays.cast(to: targets.dtype) + targets.take(order, axis: 0) * (1 - stays).cast(to: targets.dtype)
  return (select(isCut, images.take(order, axis: 0), images), mixed)
}

/// Squares of each image hidden (DeVries & Taylor 2017): their centres lie anywhere, so that a part may be outside.
///
/// - Parameters:
///   - images: `[batch, height, width, channels]`
///   - size: The side of a square, in pixels.
///   - count: How many squares each image has.
///   - value: What they are filled with.
/// - Returns: Images of the same shape.
public func cutout(
  _ images: Tensor, size: Int, count: Int = 1, value: Double = 0, key: inout RandomKey
) -> Tensor {
  guard images.rank == 4, size >= 0, count >= 0 else {
    return .mistake(
      "cutout: \(count) squares of size \(size) in \(images.shape), expected none less than 0 and [batch, height, width, "
        + "channels]")
  }
  let side = Tensor.full(Double(size), [1])
  return (0..<count).reduce(images) { images, _ in
    let isCut = rectangles(images.shape[0], images.shape[1], images.shape[2], sides: (side, side), key: &key)
    return select(isCut, Tensor.full(value, like: images), images)
  }
}

/// An order of the batch to mix it with; nil after a mistake.
private func mixingOrder(
  _ name: String, _ inputs: Tensor, _ targets: Tensor, _ alpha: Double, _ key: inout RandomKey
) -> Tensor? {
  guard let batch = inputs.shape.first, targets.shape.first == batch, targets.dtype.isFloat, alpha > 0 else {
    _ = Tensor.mistake(
      "\(name): alpha \(alpha) for inputs \(inputs.shape) and targets \(targets.dtype)\(targets.shape), expected a number "
        + "above 0, and probabilities of as many examples")
    return nil
  }
  return .permutation(batch, key: &key)
}

/// `bool[count, height, width, 1]`: true inside of a rectangle of the given sides (`[1]`) around a random pixel, from
/// ⌊centre − side/2⌋ on.
private func rectangles(
  _ count: Int, _ height: Int, _ width: Int, sides: (Tensor, Tensor), key: inout RandomKey
) -> Tensor {
  func isInside(_ size: Int, _ side: Tensor) -> Tensor {
    let whole = side.floor()
    let centre = Tensor.uniform([count, 1], in: 0..<Double(max(1, size)), key: &key).floor()
    let start = centre - (whole / 2).floor()
    let place = Tensor.range(size, dtype: .float32)
    return (place .>= start) & (place .< start + whole)
  }
  let rows = isInside(height, sides.0).reshaped(to: [count, height, 1, 1])
  let columns = isInside(width, sides.1).reshaped(to: [count, 1, width, 1])
  return rows & columns
}
