import Apus
import Testing

/// Training in half precision with parameters in single precision.
@Suite struct MixedPrecisionTests {
  /// A network with a batch normalisation, on a ring that no line divides.
  private struct Run {
    let model: Sequential
    let inputs: Tensor
    let labels: Tensor

    init(seed: UInt64) {
      var key = RandomKey(seed)
      model = Sequential {
        Linear(2, 32, key: &key)
        BatchNorm(32)
        ReLU()
        Linear(32, 2, key: &key)
      }
      inputs = Tensor.uniform([256, 2], in: -1..<1, key: &key).evaluated()
      labels = (inputs.squared().sum(axis: 1) .> 0.6).cast(to: .int32).evaluated()
    }

    func loss(_ dtype: DType) -> Tensor {
      crossEntropy(model(inputs.cast(to: dtype)).cast(to: .float32), labels)
    }

    var accuracy: Double { (model(inputs).argMax() .== labels).cast(to: .float32).mean().item() }
  }

  /// Trains with a scaled loss; the loss and the accuracy afterwards, in single precision.
  private func trained(_ run: Run, in dtype: DType) -> (loss: Double, accuracy: Double) {
    let optimizer = Adam(run.model, learningRate: 0.02)
    let scaler = LossScaler(scale: 1024, interval: 50)
    let step = compile(updating: [run.model, optimizer, scaler]) { _ in
      let (_, gradients) = valueAndGrad(run.model, computingIn: dtype) { scaler.scaled(run.loss(dtype)) }
      return [scaler.update(optimizer, gradients)]
    }
    Phase.with(.training) { for _ in 0..<300 { _ = step([]) } }
    return (run.loss(.float32).item(), run.accuracy)
  }

  /// The same start, the same data: what single precision learns, half precision learns nearly as well.
  @Test(arguments: [DType.bfloat16, .float16])
  func halfPrecisionLearnsAsWell(_ dtype: DType) {
    let run = Run(seed: 3)
    let before = run.loss(.float32).item()
    let single = trained(Run(seed: 3), in: .float32)
    let half = trained(run, in: dtype)
    #expect(
      run.model.entries.allSatisfy { !$0.slot.tensor!.dtype.isHalf }, "parameters and statistics stay as they are")
    #expect(single.accuracy > 0.93 && half.accuracy > single.accuracy - 0.03, "\(half), in single precision \(single)")
    #expect(half.loss < before / 3 && half.loss < single.loss + 0.05, "\(half), in single precision \(single)")
    // What was trained in half precision also works in it.
    let halves = run.model.computing(in: dtype) { (run.model(run.inputs.cast(to: dtype)).argMax() .== run.labels) }
    #expect(halves.cast(to: .float32).mean().item() > half.accuracy - 0.02)
  }

  /// The weights in single precision take in steps that are below a half's last digit.
  @Test func smallStepsAreNotRoundedAway() {
    let model = Vectors(Tensor([Float(1)]))
    let optimizer = SGD(model, learningRate: 1e-4)
    for _ in 0..<100 {
      let (_, gradients) = valueAndGrad(model, computingIn: .bfloat16) { model.first.sum() }
      #expect(gradients[0].dtype == .float32)
      optimizer.take(gradients)
    }
    #expect(abs(model.first.item() - 0.99) < 1e-5)
    let narrow = Vectors(Tensor([Float(1)]).cast(to: .bfloat16))
    let other = SGD(narrow, learningRate: 1e-4)
    for _ in 0..<100 { other.take(valueAndGrad(narrow) { narrow.first.sum() }.gradients) }
    #expect(narrow.first.item() == 1)
  }

  /// Gradients of 10⁻⁸ are 0 in float16; scaled they are not. A scale that is too large overflows, and is lowered.
  @Test func theScaleSavesSmallGradientsAndOverflowsAreSkipped() {
    let model = Vectors(Tensor([Float(1)]))
    func gradient(_ scaler: LossScaler?) -> [Tensor] {
      valueAndGrad(model, computingIn: .float16) {
        // The gradient with respect to the half is 10⁻⁸ before it is cast.
        let loss = (model.first * Tensor([Float(1)]).cast(to: .float16)).sum().cast(to: .float32) * 1e-8
        return scaler.map { $0.scaled(loss) } ?? loss
      }.gradients
    }
    #expect(gradient(nil)[0].item() == 0)
    let scaler = LossScaler(scale: 1e14)
    let optimizer = SGD(model, learningRate: 1e6)
    let taken = (0..<8).map { _ in scaler.update(optimizer, gradient(scaler)).item() }
    // 10¹⁴ · 10⁻⁸ is beyond float16's 65504 until it has been halved four times.
    #expect(taken == [0, 0, 0, 0, 1, 1, 1, 1] && scaler.scale == 1e14 / 16)
    #expect(abs(model.first.item() - (1 - 4 * 0.01)) < 1e-4)
  }

  @Test func integersAreNoPrecision() {
    let model = Vectors(Tensor([Float(1)]))
    #expect {
      try checked { valueAndGrad(model, computingIn: .int32) { model.first.sum() }.value }
    } throws: {
      ($0 as? OpError)?.description
        == "valueAndGrad: computing in int32, expected a floating-point type, such as .bfloat16"
    }
  }
}
