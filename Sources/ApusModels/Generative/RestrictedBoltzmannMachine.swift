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
  /// Visible units of the chains that go on from step to step, `[chains, visible]`; nil where chains begin at the data.
  @Buffer public var chains: Tensor?
  /// The state of the random numbers, `uint32[2]`.
  @Buffer public var key: Tensor

  /// - Parameters:
  ///   - persistentChains: How many chains go on from step to step (Tieleman 2008); 0 lets chains begin at the data.
  ///   - initializer: Of the weights: small numbers (Hinton 2010, "A practical guide", section 8).
  public init(
    _ visible: Int, _ hidden: Int, persistentChains: Int = 0,
    initializer: Initializer = .normal(standardDeviation: 0.05), key: inout RandomKey
  ) {
    weight = initializer([hidden, visible], fanIn: visible, fanOut: hidden, key: &key)
    hiddenBias = .zeros([hidden])
    visibleBias = .zeros([visible])
    chains = nil
    if persistentChains > 0 {
      chains = Tensor.bernoulli([persistentChains, visible], probability: 0.5, key: &key).cast(to: .float32)
    }
    self.key = key.next().words
  }

  /// P(hⱼ = 1 | v): `[examples, visible]` to `[examples, hidden]`.
  public func hiddenProbabilities(_ visible: Tensor) -> Tensor {
    traced(
      (visible.matmul(weight.transposed()) + hiddenBias).sigmoid(), multiplyAdds: visible.shape[0] * weight.count)
  }

  /// P(vᵢ = 1 | h): `[examples, hidden]` to `[examples, visible]`.
  public func visibleProbabilities(_ hidden: Tensor) -> Tensor { (hidden.matmul(weight) + visibleBias).sigmoid() }

  /// F(v) = −log Σ_h e^(−E(v, h)) = −bᵀv − Σⱼ log(1 + e^(cⱼ + Wⱼv)): `[examples, visible]` to `[examples]`.
  public func freeEnergy(_ visible: Tensor) -> Tensor {
    let inputs = visible.matmul(weight.transposed()) + hiddenBias
    return -(visible.matmul(visibleBias) + inputs.softplus().sum(axis: 1))
  }

  // MARK: Sampling

  /// Visible units after one step of Gibbs sampling from v: hidden units are drawn given v, then visible ones given them.
  ///
  /// - Parameters:
  ///   - hiddenNumbers: Uniform in [0, 1), `[examples, hidden]`: a unit is 1 where its number is below its probability.
  ///   - visibleNumbers: The same of the visible units.
  public func sampled(from visible: Tensor, hiddenNumbers: Tensor, visibleNumbers: Tensor) -> Tensor {
    let hidden = (hiddenNumbers .< hiddenProbabilities(visible)).cast(to: visible.dtype)
    return (visibleNumbers .< visibleProbabilities(hidden)).cast(to: visible.dtype)
  }

  /// Visible units after so many steps of Gibbs sampling from v, 0 or 1, drawn with the next keys.
  public func sampled(from visible: Tensor, steps: Int, key: inout RandomKey) -> Tensor {
    let hiddenShape: Shape = [visible.shape[0], weight.shape[0]]
    var state = visible
    for _ in 0..<steps {
      let hiddenNumbers = Tensor.uniform(hiddenShape, key: &key)
      state = sampled(
        from: state, hiddenNumbers: hiddenNumbers, visibleNumbers: .uniform(visible.shape, key: &key))
    }
    return state.stoppingGradient()
  }

  /// Visible units after so many steps of Gibbs sampling from v, 0 or 1: `[examples, visible]`.
  public func sampled(from visible: Tensor, steps: Int) -> Tensor {
    var stream = RandomKey(words: key)
    defer { key = stream.words }
    return sampled(from: visible, steps: steps, key: &stream)
  }

  /// The probabilities of visible units at the end of chains that begin with random units, `[count, visible]`.
  public func samples(_ count: Int, steps: Int, key: RandomKey) -> Tensor {
    var key = key
    let start = Tensor.bernoulli([count, weight.shape[1]], probability: 0.5, key: &key).cast(to: .float32)
    let step = compile(updating: [self]) { [self] state in
      var key = RandomKey(words: state[1])
      let visible = sampled(from: state[0], steps: 1, key: &key)
      return [visible, key.words]
    }
    var state = [start, key.words]
    for _ in 1..<max(1, steps) { state = step(state) }
    key = RandomKey(words: state[1])
    let hidden = Tensor.bernoulli(hiddenProbabilities(state[0]), key: &key).cast(to: .float32)
    return visibleProbabilities(hidden)
  }

  // MARK: Learning

  /// What contrastive divergence lowers: the mean of F(v) less that of F(v′), v′ being v, or the chains that go on, after
  /// `steps` of Gibbs sampling. Its gradient is that of the negative log-likelihood, with v′ for draws from the model.
  ///
  /// - Parameter visible: `[examples, visible]`, 0 to 1.
  public func contrastiveDivergence(_ visible: Tensor, steps: Int = 1) -> Tensor {
    let drawn = sampled(from: chains ?? visible, steps: steps)
    if chains != nil { chains = drawn }
    return freeEnergy(visible).mean() - freeEnergy(drawn).mean()
  }

  /// The mean squared error of each example, `[examples]`, when hidden units are computed and visible ones from them, both
  /// as probabilities.
  public func reconstructionError(_ visible: Tensor) -> Tensor {
    (visibleProbabilities(hiddenProbabilities(visible)) - visible).squared().mean(axis: 1)
  }

  /// Trains by Adam's steps on whole batches; returns the mean squared error of the reconstructions after each step.
  @discardableResult
  public func train(on visible: Tensor, steps: Int, gibbsSteps: Int = 1, learningRate: Double = 0.05) -> [Double] {
    let optimizer = Adam(self, learningRate: learningRate)
    let step = compile(updating: self, optimizer) { visible in
      let (_, gradients) = valueAndGrad(self) { self.contrastiveDivergence(visible, steps: gibbsSteps) }
      optimizer.update(gradients)
      return self.reconstructionError(visible).mean()
    }
    return (0..<steps).map { _ in step(visible).item() }
  }

  /// log Z, exactly: summed over all states of the visible units, of which there may be 20.
  public var logPartition: Tensor {
    let count = weight.shape[1]
    guard (1...20).contains(count) else {
      return .mistake("logPartition: \(count) visible units, expected no more than 20")
    }
    let digits = Tensor(2, dtype: .float32).power(Tensor.range(count).cast(to: .float32))
    let numbers = Tensor.range(1 << count).cast(to: .float32).expandingAxis(1)
    let states = ((numbers / digits).floor() % 2).cast(to: weight.dtype)
    return (-freeEnergy(states)).logSumExp()
  }

  /// The mean of log P(v), exactly: Z is summed over all states of the visible units, of which there may be 20.
  public func meanLogLikelihood(_ visible: Tensor) -> Tensor {
    let count = weight.shape[1]
    guard (1...20).contains(count), visible.rank == 2, visible.shape[1] == count else {
      return .mistake(
        "meanLogLikelihood: visible units \(visible.shape), expected [examples, \(count)], no more than 20")
    }
    return -freeEnergy(visible).mean() - logPartition
  }
}
