import ApusNN
import ApusTensor

/// A recurrent net that reads a sequence to its end and then gives numbers: `[batch, time, features]` to
/// `[batch, outputs]`. What series are continued with, or classified by.
public final class RecurrentRegressor: Module, Layer {
  public let rnn: any RecurrentLayer
  public let dropout: Dropout
  public let fc: Linear

  public init(
    _ kind: RecurrentKind, features: Int, hidden: Int, outputs: Int, layers: Int = 1, dropout: Double = 0,
    key: inout RandomKey
  ) {
    rnn = kind.layer(features, hidden, layers: layers, dropout: dropout, key: &key)
    self.dropout = Dropout(dropout, key: &key)
    fc = Linear(hidden, outputs, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor {
    let outputs = rnn(x)
    return fc(dropout(outputs[0..., -1]))
  }
}
