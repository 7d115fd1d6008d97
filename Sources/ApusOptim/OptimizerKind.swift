import ApusNN

/// The optimizers that can be chosen by name, each with its usual numbers.
public enum OptimizerKind: String, CaseIterable, Sendable {
  case adam, sgd, adamw, amsgrad, adagrad, rmsprop, adadelta, adamax, nadam, radam, lion, adafactor, lamb, muon
  case nesterov
  case gradientDescent = "gd"

  /// A learning rate to begin with, of those whose rates mean something else than Adam's and SGD's.
  public var usualLearningRate: Double? {
    switch self {
    case .adagrad, .adafactor: 1e-2
    case .adadelta: 1
    case .lion: 1e-4
    default: nil
    }
  }

  /// A new optimizer: `sgd` and `nesterov` with momentum 0.9, `gd` without, the others with their defaults.
  public func make(_ model: Module, learningRate: Double) -> Optimizer {
    switch self {
    case .adam: Adam(model, learningRate: learningRate)
    case .sgd: SGD(model, learningRate: learningRate, momentum: 0.9)
    case .adamw: AdamW(model, learningRate: learningRate)
    case .amsgrad: Adam(model, learningRate: learningRate, amsgrad: true)
    case .adagrad: AdaGrad(model, learningRate: learningRate)
    case .rmsprop: RMSProp(model, learningRate: learningRate)
    case .adadelta: AdaDelta(model, learningRate: learningRate)
    case .adamax: AdaMax(model, learningRate: learningRate)
    case .nadam: NAdam(model, learningRate: learningRate)
    case .radam: RAdam(model, learningRate: learningRate)
    case .lion: Lion(model, learningRate: learningRate)
    case .adafactor: Adafactor(model, learningRate: learningRate)
    case .lamb: LAMB(model, learningRate: learningRate)
    case .muon: Muon(model, learningRate: learningRate, scale: .matchingAdamW)
    case .nesterov: SGD(model, learningRate: learningRate, momentum: 0.9, nesterov: true)
    case .gradientDescent: SGD(model, learningRate: learningRate)
    }
  }
}
