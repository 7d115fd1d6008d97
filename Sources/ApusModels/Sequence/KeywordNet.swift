import ApusNN
import ApusTensor

/// A small convolutional network for pictures of sound (after Sainath & Parada 2015): mel spectrograms
/// `[batch, frames, bands, 1]` to logits `[batch, classes]`. Three convolutions with batch norm and pooling, then the mean
/// over time and bands.
public final class KeywordNet: Module, Layer {
  public let features: Sequential
  public let dropout: Dropout
  public let fc: Linear

  public init(classes: Int, width: Int = 32, dropout: Double = 0.3, key: inout RandomKey) {
    let widths = [width, 2 * width, 2 * width]
    var layers: [any Layer] = []
    var inputs = 1
    for (number, outputs) in widths.enumerated() {
      layers.append(Conv2D(inputs, outputs, kernel: 3, padding: 1, bias: false, initializer: .fanOut, key: &key))
      layers.append(BatchNorm(outputs))
      layers.append(ReLU())
      if number < 2 { layers.append(MaxPool2D(2)) }
      inputs = outputs
    }
    features = Sequential(layers)
    self.dropout = Dropout(dropout, key: &key)
    fc = Linear(inputs, classes, key: &key)
  }

  public func callAsFunction(_ x: Tensor) -> Tensor { fc(dropout(features(x).mean(axes: [1, 2]))) }
}
