import ApusNN
import ApusTensor

/// What a classifier makes of images before it decides: the inputs of its last layer, over which images are compared.
public final class ClassifierFeatures {
  /// The classifier's last layer.
  public let head: Linear
  private let compute: (Tensor) -> Tensor

  /// Nil where no linear layer of the model gives the logits.
  ///
  /// - Parameters:
  ///   - model: Images to logits `[batch, classes]`. It is changed for good: from now on it gives the features.
  ///   - example: An image that it takes, `[1, height, width, channels]`.
  public init?(_ model: any Layer, classes: Int, example: Tensor) {
    let layers = model.namedChildren.compactMap { $0.module as? Linear }
    guard let last = layers.last(where: { $0.weight.shape[0] == classes }) else { return nil }
    let logits = Phase.with(.inference) { model(example).evaluated() }
    // A copy decides; in its place the identity passes on what it would be given.
    var key = RandomKey(0)
    let (inputs, hasBias) = (last.weight.shape[1], last.bias != nil)
    head = Linear(inputs, classes, bias: hasBias, key: &key)
    (head.weight, head.bias) = (last.weight, last.bias)
    last.weight = .eye(inputs)
    last.bias = hasBias ? .zeros([inputs]) : nil
    compute = compile(updating: model) { model($0) }
    let features = Phase.with(.inference) { model(example) }
    guard features.shape == [1, inputs], logits.shape == [1, classes],
      (head(features) - logits).abs().max().item() <= 1e-3 * (1 + logits.abs().max().item())
    else { return nil }
  }

  /// Features `[batch, features]` of images `[batch, height, width, channels]`.
  public func callAsFunction(_ images: Tensor) -> Tensor { Phase.with(.inference) { compute(images) } }

  /// The probabilities of classes, `[batch, classes]`, of features.
  public func probabilities(ofFeatures features: Tensor) -> Tensor { head(features).softmax() }
}
