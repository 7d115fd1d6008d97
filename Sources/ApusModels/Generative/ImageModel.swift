import ApusNN
import ApusTensor
import ApusTraining

/// A model of images that learns from images alone, or from some labels besides.
///
/// Batches are images `[batch, height, width, channels]`, scaled to 0…1, and class numbers `[batch]`. What the model draws
/// in training comes from keys in its buffers, so that a checkpoint has them. Called as a layer it does what
/// `apus summary` shows: it sends images through all of its layers.
public protocol ImageModel: Layer {
  /// What training lowers: the losses, in the order in which steps are taken on a batch.
  var objectives: [ObjectiveDraft] { get }
  /// What ``measures(_:_:)`` measures, by names; `loss` is what callbacks watch unless told.
  var measureNames: [String] { get }
  /// What is worth knowing of test images: for each name a number of each image, `[batch]`. Called in the phase of
  /// inference; it draws the same numbers each time.
  func measures(_ images: Tensor, _ labels: Tensor) -> [Tensor]
}

/// A loss of a model, and the part of the model that it trains. The optimizer is the run's.
public struct ObjectiveDraft {
  /// What its measurements are called by; empty where it is the only one.
  public let name: String
  /// What is trained: the model, or a part of it.
  public let part: Module
  /// A step is taken on each batch of so many.
  public var interval: Int
  /// In which epochs, from 0, steps are taken.
  public var epochs: Range<Int>
  /// What the run's learning rate is taken times.
  public var rateFactor: Double
  /// μ, or Adam's β₁, where that is not the optimizer's own.
  public var momentum: Double?
  /// Adam's β₂, where that is not the optimizer's own.
  public var beta2: Double?
  /// The loss of a batch; called in the phase of training.
  public let loss: (_ batch: [Tensor]) -> BatchLoss

  public init(
    name: String = "", _ part: Module, interval: Int = 1, epochs: Range<Int> = 0..<Int.max, rateFactor: Double = 1,
    momentum: Double? = nil, beta2: Double? = nil, loss: @escaping (_ batch: [Tensor]) -> BatchLoss
  ) {
    (self.name, self.part, self.interval, self.epochs) = (name, part, interval, epochs)
    (self.rateFactor, self.momentum, self.beta2, self.loss) = (rateFactor, momentum, beta2, loss)
  }
}

/// A model that makes images.
public protocol ImageSampler: ImageModel {
  /// Images, `[count, height, width, channels]` in 0…1: the same for the same request. Called in the phase of inference;
  /// it changes nothing of the model.
  func samples(_ request: SampleRequest) -> Tensor
}

/// Which images a model is asked to make.
public struct SampleRequest: Hashable, Sendable {
  public var count: Int
  /// What is drawn: the same seed gives the same images, and over a training, images of the same latent numbers.
  public var seed: UInt64
  /// How many steps of a Markov chain, or of another process that makes images step by step; nil for the model's own.
  public var steps: Int?
  /// The class of all images, for a model that is told classes; nil for each class in turn.
  public var label: Int?
  /// w of classifier-free guidance, for a model that is told classes.
  public var guidance: Double?
  /// η of a diffusion: how much noise is drawn anew at each step.
  public var eta: Double?
  /// How a flow is followed.
  public var solver: SamplingOptions.Solver?

  public init(count: Int, seed: UInt64 = 0, steps: Int? = nil) {
    (self.count, self.seed, self.steps) = (count, seed, steps)
  }
}

/// A model that says what an image is by a few numbers.
public protocol ImageEncoder: ImageModel {
  /// The codes of images, `[batch, features]`.
  func code(of images: Tensor) -> Tensor
}

/// A model that gives images back.
public protocol ImageReconstructor: ImageModel {
  /// Images as the model gives them back, of the same shape, in 0…1.
  func reconstructed(_ images: Tensor) -> Tensor
  /// Images as they are in training before the model sees them: with noise, where it learns to remove that.
  func corrupted(_ images: Tensor, key: inout RandomKey) -> Tensor
}

extension ImageReconstructor {
  public func corrupted(_ images: Tensor, key: inout RandomKey) -> Tensor { images }
}

/// A model with a code that images can be made from, so that one may go along an axis of it.
public protocol LatentImageModel: ImageEncoder {
  /// Images `[batch, height, width, channels]` in 0…1 of codes `[batch, features]`.
  func image(ofCode code: Tensor) -> Tensor
}

/// A model that learns without labels first, and then with few.
public protocol FineTunedImageModel: ImageModel {
  /// The epoch, from 0, from which on batches have labelled images alone.
  var firstLabelledEpoch: Int { get }
  /// How many images have labels, as many of each class; nil for all.
  var labelCount: Int? { get }
}

extension Tensor {
  /// The mean squared difference of each image's samples: `[batch, …]` to `[batch]`.
  func squaredError(of images: Tensor) -> Tensor {
    (self - images).squared().mean(axes: Array(1..<images.rank))
  }
}
