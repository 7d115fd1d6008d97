import ApusTensor

/// Which layers the inputs of layers come from, found in the graph of the operations that their calls noted.
struct LayerConnections {
  private var origins = ValueOrigins<ModelSummary.Source>()

  init(input: Tensor?) { if let input { origins.note(input, as: .input) } }

  /// The sources of what a layer returned, in the order in which they are met; nil where none is found: the operations are
  /// done already, or begin with constants. From now on `value` is of the layer in `row`.
  mutating func add(_ value: Tensor, row: Int) -> [ModelSummary.Source]? {
    let sources = origins.origins(of: value)
    origins.note(value, as: .row(row))
    return sources.isEmpty ? nil : sources
  }
}
