import ApusNN
import ApusTensor
import ApusTraining

/// Restricted Boltzmann machines one on the other (Hinton, Osindero & Teh 2006): each learns, by contrastive divergence, the
/// hidden units of those below it. With one machine it is that.
public final class DeepBeliefNetwork: Module, ImageEncoder, ImageReconstructor, ImageSampler {
  /// From the images up.
  public let machines: [RestrictedBoltzmannMachine]
  /// `[height, width, channels]`
  public let imageShape: Shape
  /// How many steps of Gibbs sampling contrastive divergence takes.
  public let gibbsSteps: Int
  /// How many epochs each machine is trained, the last one longer where there are more.
  public let layerEpochs: Int

  /// - Parameters:
  ///   - hidden: Units of each machine.
  ///   - persistentChains: Of each machine; 0 lets chains begin at the data.
  public init(
    imageShape: Shape, hidden: [Int], gibbsSteps: Int = 1, persistentChains: Int = 0, layerEpochs: Int = 10,
    key: inout RandomKey
  ) {
    let sizes = [imageShape.elementCount] + hidden
    (self.imageShape, self.gibbsSteps, self.layerEpochs) = (imageShape, gibbsSteps, layerEpochs)
    machines = zip(sizes, sizes.dropFirst()).map {
      RestrictedBoltzmannMachine($0, $1, persistentChains: persistentChains, key: &key)
    }
  }

  /// The probabilities of the hidden units of the first machines, `[batch, units]`.
  private func up(_ images: Tensor, through count: Int) -> Tensor {
    machines[..<count].reduce(images.reshaped(to: [images.shape[0], imageShape.elementCount])) {
      $1.hiddenProbabilities($0)
    }
  }

  /// Images of the visible units of the topmost machine.
  private func down(_ visible: Tensor) -> Tensor {
    let samples = machines.dropLast().reversed().reduce(visible) { $1.visibleProbabilities($0) }
    return samples.reshaped(to: Shape([visible.shape[0]] + imageShape))
  }

  /// The probabilities of the topmost hidden units.
  public func code(of images: Tensor) -> Tensor { up(images, through: machines.count) }

  public func callAsFunction(_ images: Tensor) -> Tensor {
    down(machines[machines.count - 1].visibleProbabilities(code(of: images)))
  }

  public func reconstructed(_ images: Tensor) -> Tensor { self(images) }

  /// Each machine's divergence, lowered in epochs of its own.
  public var objectives: [ObjectiveDraft] {
    machines.indices.map { number in
      let isLast = number == machines.count - 1
      let epochs = number * layerEpochs..<(isLast ? Int.max : (number + 1) * layerEpochs)
      return ObjectiveDraft(name: machines.count == 1 ? "" : "layer\(number + 1)", machines[number], epochs: epochs) {
        batch in
        let machine = self.machines[number]
        let visible = self.up(batch[0], through: number).stoppingGradient()
        let loss = machine.contrastiveDivergence(visible, steps: self.gibbsSteps)
        return BatchLoss(loss, sums: [("squared_error", machine.reconstructionError(visible).sum())])
      }
    }
  }

  /// `loss`: the mean squared error of images that are sent up through all machines and down again; and the free energy
  /// of the lowest machine: it should be about the same of images that were trained on.
  public var measureNames: [String] { ["loss", "free_energy"] }

  public func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor] {
    [self(images).squaredError(of: images), machines[0].freeEnergy(up(images, through: 0))]
  }

  /// How many steps chains go before they are looked at.
  public static let usualSteps = 1000

  /// Images from chains in the topmost machine that begin with random units.
  public func samples(_ request: SampleRequest) -> Tensor {
    let top = machines[machines.count - 1]
    let steps = request.steps ?? Self.usualSteps
    return down(top.samples(request.count, steps: steps, key: RandomKey(request.seed)))
  }

  /// A classifier whose hidden layers have the machines' weights.
  public func classifier(classes: Int, key: inout RandomKey) -> SigmoidClassifier {
    let sizes = [imageShape.elementCount] + machines.map { $0.weight.shape[0] }
    let model = SigmoidClassifier(sizes + [classes], key: &key)
    for (layer, machine) in zip(model.hidden, machines) {
      (layer.weight, layer.bias) = (machine.weight, machine.hiddenBias)
    }
    return model
  }
}
