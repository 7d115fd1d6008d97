import ApusNN
import ApusOptim
import ApusTensor

/// A restricted Boltzmann machine of binary units (Smolensky 1986), trained by contrastive divergence (Hinton 2002): the
/// probability of visible units v and hidden units h is e^(−E) / Z with E = −hᵀWv − bᵀv − cᵀh.
public final class RestrictedBoltzmannMachine: Module {
  /// W, `[hidden, visible]`
  @Parameter public var weight: Tensor
  /// c, `[hidden]`
  @Parameter public var hiddenBias: Tensor
  /// b, `[visible]`
  @Parameter public var visibleBias: Tensor
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  /// - Parameter initializer: Of the weights: small numbers (Hinton 2010, "A practical guide", section 8).
  public init(
    _ visible: Int, _ hidden: Int, initializer: Initializer = .normal(standardDeviation: 0.05), key: inout RandomKey
  ) {
    weight = initializer([hidden, visible], fanIn: visible, fanOut: hidden, key: &key)
    hiddenBias = .zeros([hidden])
    visibleBias = .zeros([visible])
    self.key = key.next().words
  }

  /// P(hⱼ = 1 | v): `[examples, visible]` to `[examples, hidden]`.
  public func hiddenProbabilities(_ visible: Tensor) -> Tensor {
    (visible.matmul(weight.transposed()) + hiddenBias).sigmoid()
  }

  /// P(vᵢ = 1 | h): `[examples, hidden]` to `[examples, visible]`.
  public func visibleProbabilities(_ hidden: Tensor) -> Tensor { (hidden.matmul(weight) + visibleBias).sigmoid() }

  /// F(v) = −log Σ_h e^(−E(v, h)) = −bᵀv − Σⱼ log(1 + e^(cⱼ + Wⱼv)): `[examples, visible]` to `[examples]`.
  public func freeEnergy(_ visible: Tensor) -> Tensor {
    let inputs = visible.matmul(weight.transposed()) + hiddenBias
    return -(visible.matmul(visibleBias) + inputs.softplus().sum(axis: 1))
  }

  /// Visible units after so many steps of Gibbs sampling from v, 0 or 1: `[examples, visible]`.
  public func sampled(from visible: Tensor, steps: Int) -> Tensor {
    var stream = RandomKey(words: key)
    func drawn(_ probabilities: Tensor) -> Tensor {
      let numbers = Tensor.uniform(probabilities.shape, in: 0..<1, key: &stream)
      return (numbers .< probabilities).cast(to: probabilities.dtype)
    }
    var state = visible
    for _ in 0..<steps { state = drawn(visibleProbabilities(drawn(hiddenProbabilities(state)))) }
    key = stream.words
    return state.stoppingGradient()
  }

  /// What contrastive divergence lowers: the mean of F(v) − F(v′), v′ being v after `steps` of Gibbs sampling. Its
  /// gradient is that of the negative log-likelihood, with v′ for draws from the model.
  ///
  /// - Parameter visible: `[examples, visible]`, 0 to 1.
  public func contrastiveDivergence(_ visible: Tensor, steps: Int = 1) -> Tensor {
    freeEnergy(visible).mean() - freeEnergy(sampled(from: visible, steps: steps)).mean()
  }

  /// Trains by Adam's steps on whole batches; returns the mean squared error of the reconstructions after each step.
  @discardableResult
  public func train(on visible: Tensor, steps: Int, gibbsSteps: Int = 1, learningRate: Double = 0.05) -> [Double] {
    let optimizer = Adam(self, learningRate: learningRate)
    let step = compile(updating: self, optimizer) { visible in
      let (_, gradients) = valueAndGrad(self) { self.contrastiveDivergence(visible, steps: gibbsSteps) }
      optimizer.update(gradients)
      return (self.visibleProbabilities(self.hiddenProbabilities(visible)) - visible).squared().mean()
    }
    return (0..<steps).map { _ in step(visible).item() }
  }

  /// The mean of log P(v), exactly: Z is summed over all states of the visible units, of which there may be 20.
  public func meanLogLikelihood(_ visible: Tensor) -> Tensor {
    let count = weight.shape[1]
    guard (1...20).contains(count), visible.rank == 2, visible.shape[1] == count else {
      return .mistake(
        "meanLogLikelihood: visible units \(visible.shape), expected [examples, \(count)], no more than 20")
    }
    let digits = Tensor(2, dtype: .float32).power(Tensor.range(count).cast(to: .float32))
    let numbers = Tensor.range(1 << count).cast(to: .float32).expandingAxis(1)
    let states = ((numbers / digits).floor() % 2).cast(to: weight.dtype)
    return -freeEnergy(visible).mean() - (-freeEnergy(states)).logSumExp()
  }
}
