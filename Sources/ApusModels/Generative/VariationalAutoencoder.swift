import ApusNN
import ApusTensor
import ApusTraining

/// A variational autoencoder (Kingma & Welling 2014): an image's code is normally distributed, q(z | x) = N(μ, σ²), codes
/// are drawn from N(0, 1) before an image is seen, and samples of an image are Bernoulli-distributed given the code.
///
/// Lowered is the negative evidence lower bound (their equation 10), in nats an image: the cross-entropy of the samples
/// given a code that is drawn as μ + σ ε, and the divergence KL(q ‖ N(0, 1)), times β (Higgins et al. 2017).
public final class VariationalAutoencoder: Module, LatentImageModel, ImageReconstructor, ImageSampler {
  // Named as in PyTorch's example.
  public let fc1: Linear
  /// The means.
  public let fc21: Linear
  /// The logarithms of the variances.
  public let fc22: Linear
  public let fc3: Linear
  public let fc4: Linear
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor
  /// `[height, width, channels]`
  public let imageShape: Shape
  /// What the divergence counts.
  public let beta: Double

  /// - Parameters:
  ///   - hidden: Units of the one hidden layer of the encoder, and of the decoder.
  ///   - code: How many latent numbers.
  public init(imageShape: Shape, hidden: Int = 400, code: Int = 20, beta: Double = 1, key: inout RandomKey) {
    let samples = imageShape.elementCount
    (self.imageShape, self.beta) = (imageShape, beta)
    fc1 = Linear(samples, hidden, key: &key)
    fc21 = Linear(hidden, code, key: &key)
    fc22 = Linear(hidden, code, key: &key)
    fc3 = Linear(code, hidden, key: &key)
    fc4 = Linear(hidden, samples, key: &key)
    self.key = key.next().words
  }

  /// μ and log σ², `[batch, code]`, of images.
  public func encoded(_ images: Tensor) -> (means: Tensor, logVariances: Tensor) {
    let h = fc1(images.reshaped(to: [images.shape[0], imageShape.elementCount])).relu()
    return (fc21(h), fc22(h))
  }

  /// Logits of the samples of images, `[batch, samples]`, from codes `[batch, code]`.
  public func logits(ofCode code: Tensor) -> Tensor { fc4(fc3(code).relu()) }

  /// The two parts of the negative bound, in nats an image, `[batch]` each: the cross-entropy and the divergence.
  ///
  /// - Parameter noise: ε, `[batch, code]`.
  public func negativeBound(_ images: Tensor, noise: Tensor) -> (reconstruction: Tensor, divergence: Tensor) {
    let (means, logVariances) = encoded(images)
    let code = means + (logVariances * 0.5).exp() * noise
    return (
      crossEntropy(images, code), gaussianKLDivergence(means: means, logVariances: logVariances, reduction: .none)
    )
  }

  /// −log p(x | z), `[batch]`.
  private func crossEntropy(_ images: Tensor, _ code: Tensor) -> Tensor {
    let samples = images.reshaped(to: [images.shape[0], imageShape.elementCount])
    return binaryCrossEntropy(logits: logits(ofCode: code), samples, reduction: .none).sum(axis: 1)
  }

  /// The bound that several codes give of log p(x), in nats an image, `[batch]` (Burda et al. 2016, equation 8): it is no
  /// less than that of one code, and goes to log p(x) with their number.
  ///
  /// - Parameter noise: ε of each code, `[codes, batch, code]`.
  public func importanceWeightedBound(_ images: Tensor, noise: Tensor) -> Tensor {
    let (means, logVariances) = encoded(images)
    let codes = noise.shape[0]
    let weights = (0..<codes).map { number in
      let drawn = noise[number]
      let code = means + (logVariances * 0.5).exp() * drawn
      // log p(z) − log q(z | x); the constants of both are one.
      let prior = code.squared().sum(axis: 1) * -0.5
      let posterior = (drawn.squared() + logVariances).sum(axis: 1) * -0.5
      return prior - posterior - crossEntropy(images, code)
    }
    return stack(weights).logSumExp(axes: [0]) - Tensor(Double(codes)).log()
  }

  public var objectives: [ObjectiveDraft] {
    [
      ObjectiveDraft(self) { batch in
        var stream = RandomKey(words: self.key)
        let noise = Tensor.normal([batch[0].shape[0], self.codeSize], key: &stream)
        self.key = stream.words
        let (reconstruction, divergence) = self.negativeBound(batch[0], noise: noise)
        return BatchLoss(
          (reconstruction + divergence * self.beta).mean(),
          sums: [("reconstruction", reconstruction.sum()), ("divergence", divergence.sum())])
      }
    ]
  }

  /// How many latent numbers there are.
  public var codeSize: Int { fc3.weight.shape[1] }

  /// `loss`: the negative bound (without β), in nats an image, from one drawn code an image; its two parts; and the mean
  /// squared error of what is made of μ.
  public var measureNames: [String] { ["loss", "reconstruction", "divergence", "squared_error"] }

  public func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor] {
    var stream = RandomKey(0)
    let noise = Tensor.normal([images.shape[0], codeSize], key: &stream)
    let (reconstruction, divergence) = negativeBound(images, noise: noise)
    return [reconstruction + divergence, reconstruction, divergence, self(images).squaredError(of: images)]
  }

  /// μ.
  public func code(of images: Tensor) -> Tensor { encoded(images).means }

  public func image(ofCode code: Tensor) -> Tensor {
    logits(ofCode: code).sigmoid().reshaped(to: Shape([code.shape[0]] + imageShape))
  }

  /// What is made of μ.
  public func callAsFunction(_ images: Tensor) -> Tensor { image(ofCode: code(of: images)) }

  public func reconstructed(_ images: Tensor) -> Tensor { self(images) }

  /// Images of codes that are drawn from N(0, 1).
  public func samples(_ request: SampleRequest) -> Tensor {
    var stream = RandomKey(request.seed)
    return image(ofCode: .normal([request.count, codeSize], key: &stream))
  }
}
