import ApusTensor

/// How large the gradient of a loss is at each parameter of a model: what shows that gradients vanish or explode on their
/// way back (Hochreiter 1991; Bengio et al. 1994), or that units are dead.
public struct GradientFlow: Sendable {
  /// One parameter.
  public struct Row: Sendable {
    public let path: String
    /// The root mean square of the gradient's elements.
    public let gradient: Double
    /// The root mean square of the parameter's elements.
    public let parameter: Double
    /// The share of the gradient's elements that are 0: of dead or dropped units.
    public let zeros: Double
  }

  public let loss: Double
  /// In the order of the model's parameters, from the input on.
  public let rows: [Row]

  /// - Parameter loss: A scalar, computed with the model.
  public init(_ model: Module, _ loss: () throws -> Tensor) rethrows {
    let (value, gradients) = try valueAndGrad(model, loss)
    let sizes = { (x: Tensor) in x.squared().mean().sqrt() }
    let parameters = model.parameters
    let results = zip(parameters, gradients).map { entry, gradient in
      [sizes(gradient), sizes(entry.slot.tensor!), (gradient .== 0).cast(to: .float32).mean()]
    }
    Tensor.evaluate([value] + results.flatMap { $0 })
    self.loss = value.item()
    rows = zip(parameters, results).map { entry, numbers in
      Row(path: entry.path, gradient: numbers[0].item(), parameter: numbers[1].item(), zeros: numbers[2].item())
    }
  }
}
