import ApusTensor

/// The gradients of a model's parameters, those of sparse embeddings as rows. Optimizers take what is theirs of it.
public struct ModelGradients {
  /// One parameter's gradient.
  public enum Gradient {
    /// Of the parameter's shape.
    case dense(Tensor)
    /// The rows that were looked up.
    case rows(RowSparse)

    /// Of the parameter's shape in any case.
    public var tensor: Tensor {
      switch self {
      case .dense(let tensor): tensor
      case .rows(let rows): rows.dense()
      }
    }
  }

  /// The parameters, in the model's order, and their gradients.
  public let entries: [(parameter: Module.Entry, gradient: Gradient)]
  private let places: [ObjectIdentifier: Int]

  init(_ entries: [(parameter: Module.Entry, gradient: Gradient)]) {
    self.entries = entries
    let numbered = entries.enumerated().map { (ObjectIdentifier($1.parameter.slot), $0) }
    places = Dictionary(numbered, uniquingKeysWith: { first, _ in first })
  }

  /// The gradient of a parameter; nil if it is none of the model's.
  public subscript(slot: ModuleSlot) -> Gradient? { places[ObjectIdentifier(slot)].map { entries[$0].gradient } }
}

/// The value of `loss`, and its gradient with respect to each parameter of the model: of embeddings made with
/// `sparse: true` only the rows that were looked up.
///
/// ```swift
/// let model = Recommender(items: Embedding(1_000_000, 64, sparse: true, key: &key), …)
/// let (rows, rest) = (SparseAdam(model.items), AdamW(model.tower))
/// let step = compile(updating: model, rows, rest) { items, labels in
///   let (loss, gradients) = valueAndSparseGrad(model) { crossEntropy(model(items), labels) }
///   rows.update(gradients)
///   rest.update(gradients)
///   return loss
/// }
/// ```
public func valueAndSparseGrad(
  _ model: Module, _ loss: () throws -> Tensor
) rethrows -> (value: Tensor, gradients: ModelGradients) {
  let parameters = model.parameters
  let (sparse, dense) = (
    parameters.filter(\.slot.hasSparseGradient), parameters.filter { !$0.slot.hasSparseGradient }
  )
  let saved = (dense + sparse).map { ($0.slot, $0.slot.tensor!) }
  defer { for (slot, tensor) in saved { slot.tensor = tensor } }
  let (value, gradients, rows) = try valueAndGradient(
    at: dense.map { $0.slot.tensor! }, lookingUpIn: sparse.map { $0.slot.tensor! }
  ) { inputs, tables in
    for (entry, tensor) in zip(dense + sparse, inputs + tables) { entry.slot.tensor = tensor }
    return try loss()
  }
  var remaining = (dense: gradients[...], rows: rows[...])
  // After a mistake inside of `checked` there are none.
  let found = parameters.compactMap { entry -> (parameter: Module.Entry, gradient: ModelGradients.Gradient)? in
    if entry.slot.hasSparseGradient { return remaining.rows.popFirst().map { (entry, .rows($0)) } }
    return remaining.dense.popFirst().map { (entry, .dense($0)) }
  }
  return (value, ModelGradients(found))
}
