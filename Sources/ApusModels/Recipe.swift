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
  /// A new model for so many classes.
  public let makeModel: @Sendable (_ classes: Int, _ key: inout RandomKey) -> any Layer

  /// All recipes, in the order in which they are listed.
  public static let all: [Recipe] = [.lenet5]

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
  /// LeNet-5 on Fashion-MNIST: 87.5 % or better after 5 epochs, 90 % after 15.
  public static let lenet5 = Recipe(
    name: "lenet5", summary: "LeNet-5 (61,706 parameters) on Fashion-MNIST", dataset: "fashion-mnist",
    inputShape: [28, 28, 1], epochs: 5, batchSize: 128, learningRate: 1e-3, optimizer: "adam"
  ) { classes, key in LeNet5(classes: classes, key: &key) }
}
