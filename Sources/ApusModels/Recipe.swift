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
  /// The data set it trains on, by the name `apus datasets` lists.
  public let dataset: String
  /// One example as the model sees it: `[height, width, channels]`.
  public let inputShape: Shape
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
  /// A new model for so many classes.
  public let makeModel: @Sendable (_ classes: Int, _ key: inout RandomKey) -> any Layer

  /// All recipes, in the order in which they are listed.
  public static let all: [Recipe] = [
    .mlp, .lenet5, .alexNet, .vgg11, .resNetSmall, .resNet20, .resNet18, .preActivationResNet20, .mobileNetV2,
    .convNeXt,
    .efficientNetLite0, .visionTransformer,
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
