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
  ///
  /// - Parameters:
  ///   - weightDecay: λ; nil for the optimizer's default.
  ///   - beta2: β₂ of Adam and AdamW; others have their own.
  public func make(
    _ model: Module, learningRate: Double, weightDecay: Double? = nil, beta2: Double = 0.999
  ) -> Optimizer {
    let decay = weightDecay ?? (self == .adamw ? 0.01 : self == .muon ? 0.1 : 0)
    return switch self {
    case .adam: Adam(model, learningRate: learningRate, beta2: beta2, weightDecay: decay)
    case .sgd: SGD(model, learningRate: learningRate, momentum: 0.9, weightDecay: decay)
    case .adamw: AdamW(model, learningRate: learningRate, beta2: beta2, weightDecay: decay)
    case .amsgrad: Adam(model, learningRate: learningRate, weightDecay: decay, amsgrad: true)
    case .adagrad: AdaGrad(model, learningRate: learningRate, weightDecay: decay)
    case .rmsprop: RMSProp(model, learningRate: learningRate, weightDecay: decay)
    case .adadelta: AdaDelta(model, learningRate: learningRate, weightDecay: decay)
    case .adamax: AdaMax(model, learningRate: learningRate, weightDecay: decay)
    case .nadam: NAdam(model, learningRate: learningRate, weightDecay: decay)
    case .radam: RAdam(model, learningRate: learningRate, weightDecay: decay)
    case .lion: Lion(model, learningRate: learningRate, weightDecay: decay)
    case .adafactor: Adafactor(model, learningRate: learningRate, weightDecay: decay)
    case .lamb: LAMB(model, learningRate: learningRate, weightDecay: decay)
    case .muon: Muon(model, learningRate: learningRate, weightDecay: decay, scale: .matchingAdamW)
    case .nesterov: SGD(model, learningRate: learningRate, momentum: 0.9, weightDecay: decay, nesterov: true)
    case .gradientDescent: SGD(model, learningRate: learningRate, weightDecay: decay)
    }
  }
}
