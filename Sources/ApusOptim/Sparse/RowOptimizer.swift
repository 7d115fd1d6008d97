import ApusNN
import ApusTensor

/// An optimizer that can update the rows of a table for which there are gradients and leave the others alone.
///
/// In a compiled step the table is changed where it is, so that a step costs as much as its rows do.
public protocol RowOptimizer: Optimizer {
  /// The table with its rows updated, for parameter `number`.
  func updated(_ table: Tensor, rows gradient: RowSparse, number: Int) -> Tensor
}

extension Optimizer {
  /// One step against those of the gradients that belong to this optimizer's parameters. An optimizer that knows no rows
  /// makes whole tables of them.
  ///
  /// - Parameters:
  ///   - scale: What the gradients are taken times: a scalar.
  ///   - isSkipped: Where this is true, a scalar, parameters and moments stay as they are. Whole tables are looked at then.
  public final func update(_ gradients: ModelGradients, scale: Tensor? = nil, isSkipped: Tensor? = nil) {
    let own = parameters.map { parameter in
      guard let gradient = gradients[parameter.slot] else {
        fatalError("update: no gradient of \(parameter.path). Take those of a model that it is a part of")
      }
      return gradient
    }
    guard let optimizer = self as? any RowOptimizer else {
      return update(own.map(\.tensor), scale: scale, isSkipped: isSkipped)
    }
    takeStep(scale: scale, isSkipped: isSkipped) { number in
      switch own[number] {
      case .dense(let tensor): change(number, tensor)
      case .rows(let rows):
        let scaled = gradientScale.map { scale in rows.mapValues { $0 * scale.cast(to: $0.dtype) } } ?? rows
        let slot = parameters[number].slot
        slot.tensor = optimizer.updated(slot.tensor!, rows: scaled, number: number)
      }
    }
  }
}
