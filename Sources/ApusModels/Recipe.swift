import ApusNN
import ApusOptim
import ApusTensor
import ApusTraining

/// Data, model and training that together reach a stated quality.
public struct Recipe: Sendable {
  /// What `apus train` is told.
  public let name: String
  /// One line for `apus recipes`.
  public let summary: String
  /// The data set it trains on, by the name `apus datasets` lists; empty where the data must be named.
  public let dataset: String
  /// What its model does.
  public let work: Work
  public let epochs: Int
  public let batchSize: Int
  public let learningRate: Double
  /// One of ``optimizerNames``.
  public let optimizer: String
  /// How the learning rate goes over the run.
  public var schedule = ScheduleKind.constant
  /// Nil for what the optimizer has by itself.
  public var weightDecay: Double?
  /// What is done to training images at random, as `apus train --augment` takes it; empty for nothing.
  public var augmentation = ""
  /// ε of Szegedy et al. 2016: what share of each label is spread over all classes.
  public var labelSmoothing = 0.0
  /// The largest norm of the gradients, where there is one.
  public var clipNorm: Double?
  /// How much the exponential average of the weights keeps at each step, where there is one.
  public var averageDecay: Double?
  /// After how many steps it ends, where that comes before the epochs.
  public var steps: Int?

  /// What a model does, and how a new one is made.
  public enum Work: Sendable {
    /// Says which of so many classes an image `[height, width, channels]` belongs to.
    case classification(
      inputShape: Shape, makeModel: @Sendable (_ classes: Int, _ key: inout RandomKey) -> any Layer)
    /// Says of each pixel of an image `[height, width, channels]` which of so many classes it belongs to; 0 is the ground.
    case segmentation(
      inputShape: Shape, makeModel: @Sendable (_ classes: Int, _ key: inout RandomKey) -> any Layer)
    /// Says from a row of so many numbers, those of a table, how likely each class is, or what another number is.
    case table(makeModel: @Sendable (_ inputs: Int, _ outputs: Int, _ key: inout RandomKey) -> any Layer)
    /// Says which token of a text comes next.
    case languageModel(LanguageModelWork)
    /// Writes a sentence of another language.
    case translation(TranslationWork)
    /// Says what mark follows each word of a text that is written without any.
    case punctuation(TaggingWork)
    /// Says what a text is about.
    case textClassification(TextClassificationWork)
    /// Continues a series of numbers.
    case forecast(ForecastWork)
    /// Learns codes of images, or makes images.
    case imageModel(ImageModelWork)
  }

  /// All recipes, in the order in which they are listed.
  public static let all = vision + language + sequences + representation + generative

  private static let vision: [Recipe] = [
    .mlp, .lenet5, .alexNet, .vgg11, .resNetSmall, .resNet20, .resNet18, .preActivationResNet20, .mobileNetV2,
    .convNeXt,
    .efficientNetLite0, .visionTransformer, .unet, .table,
  ]

  /// The recipe by that name, if there is one.
  public static func named(_ name: String) -> Recipe? { all.first { $0.name == name } }

  /// What `makeOptimizer` knows.
  public static let optimizerNames = OptimizerKind.allCases.map(\.rawValue)

  /// An optimizer by name, with its usual numbers: ``OptimizerKind``.
  public static func makeOptimizer(_ name: String, _ model: Module, learningRate: Double) -> Optimizer? {
    OptimizerKind(rawValue: name)?.make(model, learningRate: learningRate)
  }

  /// The learning rate of a run with another optimizer than the recipe's.
  public func learningRate(with name: String) -> Double {
    name == optimizer ? learningRate : OptimizerKind(rawValue: name)?.usualLearningRate ?? learningRate
  }
}

extension Recipe {
  /// Learning which class an image belongs to.
  ///
  /// - Parameters:
  ///   - inputShape: One image as the model sees it: `[height, width, channels]`.
  ///   - makeModel: A new model for so many classes.
  init(
    name: String, summary: String, dataset: String, inputShape: Shape, epochs: Int, batchSize: Int,
    learningRate: Double, optimizer: String, schedule: ScheduleKind = .constant, weightDecay: Double? = nil,
    augmentation: String = "", labelSmoothing: Double = 0,
    makeModel: @escaping @Sendable (_ classes: Int, _ key: inout RandomKey) -> any Layer
  ) {
    self.init(
      name: name, summary: summary, dataset: dataset,
      work: .classification(inputShape: inputShape, makeModel: makeModel), epochs: epochs, batchSize: batchSize,
      learningRate: learningRate, optimizer: optimizer, schedule: schedule, weightDecay: weightDecay,
      augmentation: augmentation, labelSmoothing: labelSmoothing)
  }
}
