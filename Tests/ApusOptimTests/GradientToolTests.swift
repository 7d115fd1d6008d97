import Apus
import Testing

@Suite struct GradientToolTests {
  @Test(arguments: try! fixture("schedules", "clipping"))
  func normsAreClippedAsPyTorchDoes(_ expected: JSONValue) throws {
    let gradients = [
      Tensor([3, -4, 1], dtype: .float64), Tensor([0.5, 2, -1, 6], shape: [2, 2], dtype: .float64),
    ]
    let order = expected.number("order") ?? .infinity
    let result = clipped(gradients, norm: expected.number("limit")!, order: order)
    #expect(abs(result.norm.item() - expected.number("norm")!) < 1e-12)
    for (ours, theirs) in zip(result.gradients, expected["clipped"]!.array!) {
      for (a, b) in zip(ours.doubles(), theirs.doubles) { #expect(abs(a - b) < 1e-12) }
    }
  }

  @Test func valuesAreClipped() {
    #expect(clipped([Tensor([Float(-3), 0.5, 2])], value: 1)[0].doubles() == [-1, 0.5, 1])
    #expect(throws: (any Error).self) { try checked { clipped([Tensor(1)], norm: 0).norm } }
    #expect(throws: (any Error).self) { try checked { clipped([Tensor(1)], value: -1)[0] } }
  }

  /// Batches added up are the step on all of them.
  @Test func accumulatedGradientsAreThoseOfTheWhole() {
    let (x, y) = (Tensor.linspace(0, 1, steps: 8), Tensor.linspace(2, 5, steps: 8))
    func gradients(_ model: Vectors, _ range: Range<Int>) -> [Tensor] {
      valueAndGrad(model) { (x[range] * model.first - y[range]).squared().mean() }.gradients
    }
    let (whole, parts) = (Vectors(Tensor([Float(0)])), Vectors(Tensor([Float(0)])))
    let (one, other) = (SGD(whole, learningRate: 0.1), SGD(parts, learningRate: 0.1))
    let accumulator = GradientAccumulator(parts)
    let add = compile(updating: [parts, accumulator]) { _ in
      accumulator.add(gradients(parts, 0..<4))
      accumulator.add(gradients(parts, 4..<8))
      return []
    }
    for _ in 0..<5 {
      one.update(gradients(whole, 0..<8))
      _ = add([])
      #expect(accumulator.batchCount == 2)
      other.update(accumulator.takeMean())
      #expect(accumulator.batchCount == 0)
      #expect(abs(whole.first.item() - parts.first.item()) < 1e-6)
    }
  }

  @Test(arguments: try! fixture("schedules", "averages"))
  func averagesArePyTorchs(_ expected: JSONValue) throws {
    let model = Vectors([0])
    let average = WeightAverage(model, expected["rule"]?.string == "equal" ? .equal : .exponential(decay: 0.9))
    for (value, theirs) in zip([1.0, 4, 2, 8, 5, 7], expected["values"]!.doubles) {
      model.first = Tensor([value], dtype: .float64)
      average.update()
      // PyTorch's equal shares are rounded to single precision.
      #expect(abs(average.values[0].item() - theirs) < 1e-7)
    }
    let inside = average.with { model.first.item() }
    #expect(inside == average.values[0].item() && model.first.item() == 7)
    average.apply()
    #expect(model.first.item() == inside)
  }

  /// Halves overflow: the step is left out, moments and all, and the scale halved; after good steps it doubles.
  @Test func stepsThatOverflowAreLeftOut() {
    let model = Vectors(Tensor([Float(1), 2]).cast(to: .float16))
    let optimizer = Adam(model, learningRate: 0.1)
    let scaler = LossScaler(scale: 65536, interval: 2)
    let step = compile(updating: [model, optimizer, scaler]) { weights in
      let (_, gradients) = valueAndGrad(model) { scaler.scaled((model.first * weights[0]).sum()) }
      return [scaler.update(optimizer, gradients)]
    }
    let before = optimizer.stateEntries.map { $0.slot.value.doubles() }
    let large = Tensor([Float(4), 1]).cast(to: .float16)
    #expect(step([large])[0].item() == 0)
    #expect(model.first.doubles() == [1, 2] && scaler.scale == 32768)
    #expect(optimizer.stateEntries.map { $0.slot.value.doubles() } == before)
    let small = Tensor([Float(0.5), -0.25]).cast(to: .float16)
    #expect(step([small])[0].item() == 1 && scaler.scale == 32768)
    // Adam's first step is the learning rate against the gradient's sign.
    for (ours, theirs) in zip(model.first.doubles(), [0.9, 2.1]) { #expect(abs(ours - theirs) < 2e-3) }
    #expect(step([small])[0].item() == 1 && scaler.scale == 65536)
  }

  /// The gradients that were scaled and divided again are those of the loss.
  @Test func unscaledGradientsAreTheLosss() {
    let model = Vectors([1, -2])
    let scaler = LossScaler()
    let plain = valueAndGrad(model) { model.first.squared().sum() }.gradients
    let scaled = valueAndGrad(model) { scaler.scaled(model.first.squared().sum()) }.gradients
    #expect(scaler.unscaled(scaled)[0].doubles() == plain[0].doubles())
  }

  @Test func groupsHaveNumbersOfTheirOwn() {
    let model = Vectors(Tensor([1.0], dtype: .float64), Tensor([1.0], dtype: .float64))
    let groups = [ParameterGroup(learningRate: 0.01, weightDecay: 0.5) { $0 == "second" }]
    let optimizer = SGD(model, learningRate: 0.1, groups: groups)
    let gradient = Tensor([1.0], dtype: .float64)
    optimizer.update([gradient, gradient])
    #expect(abs(model.first.item() - 0.9) < 1e-15)
    #expect(abs(model.second!.item() - (1 - 0.01 * 1.5)) < 1e-15)
    #expect(optimizer.learningRates == [0.1, 0.01])
    optimizer.learningRates = [0, 1]
    optimizer.update([gradient, gradient])
    #expect(abs(model.first.item() - 0.9) < 1e-15)
    #expect(abs(model.second!.item() - (0.985 - (1 + 0.5 * 0.985))) < 1e-14)
  }

  @Test func frozenParametersStay() {
    let other = Vectors(Tensor([Float(1)]), Tensor([Float(1)]))
    let optimizer = Adam(other, groups: [ParameterGroup(["first"], isFrozen: true)])
    optimizer.update([Tensor([Float(1)]), Tensor([Float(1)])])
    #expect(other.first.item() == 1 && other.second!.item() < 1)
  }

  /// The mean of where averaged descent has been since its start.
  @Test func averagedDescentKeepsTheMean() {
    let model = Vectors(Problem.start)
    let optimizer = AveragedSGD(model, learningRate: 0.05, averagingStart: 3)
    var places: [[Double]] = []
    for _ in 0..<12 {
      optimizer.update([Problem.gradient(model.first)])
      places.append(model.first.doubles())
    }
    // Step 5 is the last whose place replaces the mean.
    let counted = places[4...]
    for (index, average) in optimizer.averagedParameters[0].doubles().enumerated() {
      let mean = counted.reduce(0) { $0 + $1[index] } / Double(counted.count)
      #expect(abs(average - mean) < 1e-12)
    }
  }
}
