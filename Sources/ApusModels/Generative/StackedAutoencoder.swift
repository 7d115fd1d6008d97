import ApusNN
import ApusTensor
import ApusTraining

/// A deep classifier whose hidden layers are first trained one after the other, without labels, as the encoders of
/// autoencoders (Bengio et al. 2007), and then all together with labels.
///
/// With a corruption the autoencoders are denoising ones (Vincent et al. 2010).
public final class StackedAutoencoder: Module, ImageEncoder, FineTunedImageModel {
  public let classifier: SigmoidClassifier
  /// What gives each layer's input back; of no use afterwards.
  public let decoders: [Linear]
  /// What is done to each layer's input while it is trained.
  public let corruption: Corruption
  /// How many epochs each layer is trained without labels; 0 leaves the weights random.
  public let layerEpochs: Int
  public let labelCount: Int?
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  /// - Parameters:
  ///   - sizes: Of the input, the hidden layers and the output.
  ///   - labelCount: How many examples have labels; nil for all.
  public init(
    _ sizes: [Int], layerEpochs: Int = 5, labelCount: Int? = nil, corruption: Corruption = .none,
    key: inout RandomKey
  ) {
    (self.layerEpochs, self.labelCount, self.corruption) = (layerEpochs, labelCount, corruption)
    classifier = SigmoidClassifier(sizes, key: &key)
    decoders = (0..<sizes.count - 2).map { Linear(sizes[$0 + 1], sizes[$0], key: &key) }
    self.key = key.next().words
  }

  public func callAsFunction(_ images: Tensor) -> Tensor { classifier(images) }

  /// The activations of the last hidden layer.
  public func code(of images: Tensor) -> Tensor { classifier.activations(images, through: decoders.count) }

  public var firstLabelledEpoch: Int { layerEpochs * decoders.count }

  /// The mean cross-entropy between a layer's inputs `[batch, features]`, 0 to 1, and what is made of them (with the
  /// corruption) by the layer and its decoder.
  private func reconstructionLoss(_ layer: Int, _ inputs: Tensor) -> Tensor {
    var stream = RandomKey(words: key)
    let given = corruption(inputs, key: &stream)
    if corruption != .none { key = stream.words }
    let logits = decoders[layer](classifier.hidden[layer](given).sigmoid())
    return binaryCrossEntropy(logits: logits, inputs)
  }

  /// An objective for each layer, in epochs of its own, and one for all of them with labels.
  public var objectives: [ObjectiveDraft] {
    let layers = (layerEpochs == 0 ? 0..<0 : decoders.indices).map { layer in
      ObjectiveDraft(
        name: "layer\(layer + 1)", EncoderAndDecoder(classifier.hidden[layer], decoders[layer]),
        epochs: layer * layerEpochs..<(layer + 1) * layerEpochs
      ) { batch in
        let inputs = self.classifier.activations(batch[0], through: layer).stoppingGradient()
        return BatchLoss(self.reconstructionLoss(layer, inputs))
      }
    }
    return layers + [
      ObjectiveDraft(name: "labelled", classifier, epochs: firstLabelledEpoch..<Int.max) { batch in
        let logits = self.classifier(batch[0])
        let right = (logits.argMax() .== batch[1]).cast(to: .int32).sum()
        return BatchLoss(crossEntropy(logits, batch[1]), sums: [("accuracy", right)])
      }
    ]
  }

  /// `loss`: the cross-entropy; and how many classes are told right.
  public var measureNames: [String] { ["loss", "accuracy"] }

  public func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor] {
    let logits = classifier(images)
    return [
      crossEntropy(logits, labels, reduction: .none), (logits.argMax() .== labels).cast(to: .float32),
    ]
  }
}

/// What is trained together of one layer.
private final class EncoderAndDecoder: Module {
  let encoder: Linear
  let decoder: Linear

  init(_ encoder: Linear, _ decoder: Linear) { (self.encoder, self.decoder) = (encoder, decoder) }
}
