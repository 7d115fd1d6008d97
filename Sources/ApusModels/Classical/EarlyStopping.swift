import ApusNN
import ApusTensor

/// Ends training when the validation loss has not fallen for a while, and gives the best parameters back (Prechelt 1998).
///
/// It bounds how far training gets from its start, about as an L2 penalty does: steps times learning rate ≈ 1 / α
/// (Goodfellow, Bengio & Courville 2016, section 7.8).
public struct EarlyStopping: Sendable {
  /// How many times in a row the loss may fail to fall.
  public let patience: Int
  /// By how much it must fall to count.
  public let minimumDelta: Double
  public private(set) var bestLoss = Double.infinity
  /// The number of the observation with the best loss, from 0.
  public private(set) var bestObservation = 0
  public private(set) var observations = 0
  private var bestTensors: [Tensor] = []

  public init(patience: Int, minimumDelta: Double = 0) {
    precondition(patience >= 0 && minimumDelta >= 0, "EarlyStopping: patience and minimumDelta must not be below 0")
    (self.patience, self.minimumDelta) = (patience, minimumDelta)
  }

  /// Whether patience is at an end.
  public var shouldStop: Bool { observations > 0 && observations - 1 - bestObservation >= patience && patience > 0 }

  /// Notes a validation loss, and keeps the model's parameters and buffers if it is the best so far; a loss that is not
  /// a number never is. Returns whether it was.
  @discardableResult
  public mutating func observe(_ loss: Double, _ model: Module) -> Bool {
    let isBest = loss < bestLoss - minimumDelta || (observations == 0 && !loss.isNaN)
    if isBest {
      // Tensors are values: what training does to the parameters afterwards does not reach these.
      model.evaluate()
      (bestLoss, bestObservation, bestTensors) = (loss, observations, model.entries.map { $0.slot.tensor! })
    }
    observations += 1
    return isBest
  }

  /// Gives the model the parameters and buffers it had at the best loss, to the bit.
  public func restoreBest(into model: Module) {
    guard !bestTensors.isEmpty else { return }
    for (entry, tensor) in zip(model.entries, bestTensors) { entry.slot.tensor = tensor }
  }
}

/// A network trained on few noisy samples of a sine until its validation loss has not fallen for a while.
public struct EarlyStoppingRun: Sendable {
  /// Mean squared errors after each epoch.
  public let trainingLosses: [Double]
  public let validationLosses: [Double]
  /// The epoch with the least validation loss, from 0.
  public let bestEpoch: Int
  public let patience: Int
  /// Where training would have ended; the losses go on for the picture.
  public let stoppingEpoch: Int
  /// The validation loss of the parameters that were given back.
  public let restoredLoss: Double

  /// - Parameter epochsAfterwards: How many epochs the losses go on after training would have ended.
  public init(
    toy: SineToy = SineToy(examples: 15, noiseDeviation: 0.4), width: Int = 32, learningRate: Double = 5e-3,
    patience: Int = 150, maximumEpochs: Int = 3000, epochsAfterwards: Int = 300, key: inout RandomKey
  ) {
    func tensors(_ set: (places: [Double], values: [Double])) -> (inputs: Tensor, targets: Tensor) {
      let shape = Shape([set.places.count, 1])
      return (
        Tensor(set.places, shape: shape, dtype: .float32), Tensor(set.values, shape: shape, dtype: .float32)
      )
    }
    let training = tensors(toy.sample(key: &key))
    let validation = tensors(toy.sample(200, key: &key))
    let model = Sequential([
      Linear(1, width, key: &key), Tanh(), Linear(width, width, key: &key), Tanh(), Linear(width, 1, key: &key),
    ])
    let regression = Regression(model, learningRate: learningRate)
    var stopping = EarlyStopping(patience: patience)
    var (trainingLosses, validationLosses) = ([Double](), [Double]())
    var end: Int?
    while trainingLosses.count < maximumEpochs {
      trainingLosses.append(regression.step(training.inputs, training.targets))
      validationLosses.append(regression.loss(validation.inputs, validation.targets))
      if end == nil {
        stopping.observe(validationLosses[validationLosses.count - 1], model)
        if stopping.shouldStop { end = validationLosses.count - 1 }
      } else if validationLosses.count - 1 >= end! + epochsAfterwards {
        break
      }
    }
    stopping.restoreBest(into: model)
    self.trainingLosses = trainingLosses
    self.validationLosses = validationLosses
    bestEpoch = stopping.bestObservation
    self.patience = patience
    stoppingEpoch = end ?? trainingLosses.count - 1
    restoredLoss = regression.loss(validation.inputs, validation.targets)
  }
}
