import ApusTensor

/// The value of `loss`, and its gradients, computed with the model's parameters in a narrower type (Micikevicius et al.
/// 2018): the parameters themselves stay in the type they have, so that small steps are not rounded away, and the
/// gradients come in that type.
///
/// Inputs are to be cast too, or their type wins where they meet. With `float16`, whose smallest numbers are about 10⁻⁷,
/// the loss is taken times a large number:
///
/// ```swift
/// let scaler = LossScaler()
/// let (_, gradients) = valueAndGrad(model, computingIn: .float16) {
///   scaler.scaled(crossEntropy(model(x.cast(to: .float16)).cast(to: .float32), labels))
/// }
/// scaler.update(optimizer, gradients)
/// ```
///
/// `bfloat16` has the range of `float32` and needs no scale. Buffers, such as running statistics, keep their type.
///
/// - Parameters:
///   - dtype: A floating-point type.
///   - isCast: Which parameters are cast: all unless given.
/// - Returns: The loss as `loss` gave it, and the gradients in the order of `parameters`.
public func valueAndGrad(
  _ model: Module, computingIn dtype: DType, where isCast: (Module.Entry) -> Bool = { _ in true },
  _ loss: () throws -> Tensor
) rethrows -> (value: Tensor, gradients: [Tensor]) {
  guard dtype.isFloat else {
    let mistake = Tensor.mistake(
      "valueAndGrad: computing in \(dtype), expected a floating-point type, such as .bfloat16")
    return (mistake, model.parameters.map { .zeros(like: $0.slot.tensor!) })
  }
  let cast = model.parameters.filter(isCast).map(\.slot)
  return try valueAndGrad(model) {
    for slot in cast { slot.tensor = slot.tensor!.cast(to: dtype) }
    return try loss()
  }
}

extension Module {
  /// What `body` gives with the parameters in another type, as ``valueAndGrad(_:computingIn:where:_:)`` computes: to
  /// evaluate, say.
  public final func computing<R>(in dtype: DType, _ body: () throws -> R) rethrows -> R {
    let slots = parameters.map(\.slot)
    let saved = slots.map { $0.tensor! }
    defer { for (slot, tensor) in zip(slots, saved) { slot.tensor = tensor } }
    for slot in slots { slot.tensor = slot.tensor!.cast(to: dtype) }
    return try body()
  }
}
