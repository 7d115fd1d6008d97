import ApusNN
import ApusTensor

/// Keeps gradients in half precision from vanishing (Micikevicius et al. 2018): the loss is taken times a large number,
/// the gradients are divided by it, and a step with gradients that are infinite or not numbers is left out, the number
/// lowered. After a while without such a step it is raised again.
///
/// ```swift
/// let (loss, gradients) = valueAndGrad(model) { scaler.scaled(crossEntropy(model(x), y)) }
/// scaler.update(optimizer, gradients)
/// ```
public final class LossScaler: Stateful, SavedState {
  private let growth: Double
  private let backoff: Double
  private let interval: Int
  private let scaleSlot: TensorSlot
  private let goodSteps = TensorSlot(exactly(0))

  /// - Parameters:
  ///   - growth: What the scale is taken times after `interval` good steps.
  ///   - backoff: What it is taken times after a bad one.
  public init(scale: Double = 65536, growth: Double = 2, backoff: Double = 0.5, interval: Int = 2000) {
    guard scale > 0, growth > 1, backoff > 0, backoff < 1, interval > 0 else {
      fatalError("LossScaler: scale \(scale), growth \(growth), backoff \(backoff), interval \(interval)")
    }
    (self.growth, self.backoff, self.interval) = (growth, backoff, interval)
    scaleSlot = TensorSlot(exactly(scale))
  }

  public var scale: Double { scaleSlot.value.item() }

  public var stateEntries: [(path: String, slot: TensorSlot)] { [("scale", scaleSlot), ("good_steps", goodSteps)] }

  public var stateSlots: [Slot] { [scaleSlot, goodSteps] }

  /// The loss whose gradients `update` and `unscaled` take.
  public func scaled(_ loss: Tensor) -> Tensor {
    let dtype = loss.dtype.ofMoments
    return loss.cast(to: dtype) * scaleSlot.value.cast(to: dtype)
  }

  /// The gradients of the loss itself, in single precision at least: to be clipped, say.
  public func unscaled(_ gradients: [Tensor]) -> [Tensor] {
    gradients.map { gradient in
      let dtype = gradient.dtype.ofMoments
      return gradient.cast(to: dtype) * (1 / scaleSlot.value).cast(to: dtype)
    }
  }

  /// A step of the optimizer against gradients of the scaled loss, left out where one of them is not finite.
  ///
  /// - Parameter isUnscaled: Whether the gradients are those that `unscaled` gave.
  /// - Returns: Whether the step was taken: a scalar.
  @discardableResult
  public func update(_ optimizer: Optimizer, _ gradients: [Tensor], isUnscaled: Bool = false) -> Tensor {
    let isGood = gradients.reduce(exactly(0) .== 0) { $0 & $1.isFinite().all() }
    optimizer.update(gradients, scale: isUnscaled ? nil : 1 / scaleSlot.value, isSkipped: !isGood)
    let count = goodSteps.value + 1
    let isDue = count .>= Double(interval)
    let scale = scaleSlot.value
    let grown = select(isDue, scale * growth, scale)
    scaleSlot.value = select(isGood, grown, scale * backoff)
    goodSteps.value = select(isGood, select(isDue, exactly(0), count), exactly(0))
    return isGood
  }
}
