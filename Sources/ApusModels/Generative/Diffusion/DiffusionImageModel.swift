import ApusNN
import ApusTensor
import ApusTraining

/// A U-Net that learns to make images out of noise, told their classes.
public final class DiffusionImageModel: Module, StepwiseImageSampler {
  /// For images in −1…1.
  public let network: DiffusionUNet
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor
  public let process: NoiseProcess
  /// How often a class is not told in training, for guidance.
  public let labelDropout: Double
  /// `[height, width, channels]`
  public let imageShape: Shape
  /// How many images are made at a time.
  private static let batchSize = 128

  public override var stateKeys: [String: StateKey] { ["network": .merged] }

  public init(
    imageShape: Shape, _ configuration: DiffusionUNet.Configuration, _ process: NoiseProcess,
    labelDropout: Double = 0.1,
    key: inout RandomKey
  ) {
    (self.imageShape, self.process, self.labelDropout) = (imageShape, process, labelDropout)
    network = DiffusionUNet(configuration, key: &key)
    self.key = key.next().words
  }

  public var objectives: [ObjectiveDraft] {
    [
      ObjectiveDraft(self) { batch in
        var stream = RandomKey(words: self.key)
        defer { self.key = stream.words }
        return BatchLoss(
          self.process.loss(
            self.network, batch[0] * 2 - 1, labels: batch[1], labelDropout: self.labelDropout, key: &stream))
      }
    ]
  }

  /// `loss`: the mean squared error of the prediction, at times spread evenly over the images.
  public var measureNames: [String] { ["loss"] }

  public func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor] {
    let errors = process.evenErrors(network, images * 2 - 1, labels: labels)
    return [errors.mean(axes: Array(1..<images.rank))]
  }

  /// What is predicted of images at time 0, of their shape.
  public func callAsFunction(_ images: Tensor) -> Tensor {
    let count = images.shape[0]
    let labels = network.classes > 0 ? Tensor.zeros([count], dtype: .int32) : nil
    return network(images * 2 - 1, time: .zeros([count]), labels: labels)
  }

  /// The most steps that images can be made in.
  public var mostSteps: Int? { if case .diffusion(let schedule) = process { schedule.steps } else { nil } }
  public var classes: Int { network.classes }

  public func samples(_ request: SampleRequest) -> Tensor { concatenate(made(request) { _, _, _ in }) }

  public func stages(_ request: SampleRequest, count: Int) -> Tensor {
    let steps = sampler(request).stepCount
    // The noise and what it has become after a share of the steps, evenly spread.
    let shown = Set((1..<max(2, count)).map { $0 * steps / max(1, count - 1) })
    var batches: [[Tensor]] = []
    _ = made(request) { batch, done, x in
      if done == 0 { batches.append([]) }
      if done == 0 || shown.contains(done) { batches[batch].append((x.clamped(-1, 1) + 1) / 2) }
    }
    let columns = batches[0].indices.map { stage in concatenate(batches.map { $0[stage] }) }
    return stack(columns, axis: 1)
  }

  private func sampler(_ request: SampleRequest) -> NoiseSampler {
    var options = SamplingOptions(
      steps: min(request.steps ?? 50, mostSteps ?? .max), eta: request.eta ?? 0, guidance: request.guidance ?? 0,
      bounds: -1...1)
    options.solver = request.solver ?? .euler
    return NoiseSampler(network, process, options)
  }

  /// Images batch by batch, watched from the noise on.
  private func made(_ request: SampleRequest, watch: (_ batch: Int, _ done: Int, _ x: Tensor) -> Void) -> [Tensor] {
    let sampler = sampler(request)
    return stride(from: 0, to: request.count, by: Self.batchSize).enumerated().map { number, start in
      // Each batch has a stream of its own, so that fewer images are the first of more.
      var stream = RandomKey(request.seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
      let count = min(Self.batchSize, request.count - start)
      let noise = Tensor.normal(Shape([Self.batchSize] + imageShape), key: &stream)[..<count].evaluated()
      var labels: Tensor?
      if classes > 0 {
        labels = Tensor((start..<start + count).map { Int32(request.label ?? $0 % classes) })
      }
      watch(number, 0, noise)
      let x = sampler(from: noise, labels: labels, key: &stream) { watch(number, $0, $1) }
      return ((x.clamped(-1, 1) + 1) / 2).evaluated()
    }
  }
}
