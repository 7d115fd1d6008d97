import Apus
import Testing

/// Layers against PyTorch 2.15's numbers, and closed forms.
struct LayerTests {
  private func isClose(_ tensor: Tensor, _ expected: [Float], _ tolerance: Float = 2e-6) -> Bool {
    let values = tensor.cast(to: .float32).scalars(Float.self)
    return values.count == expected.count
      && zip(values, expected).allSatisfy { abs($0 - $1) <= tolerance * (1 + abs($1)) }
  }

  private let rows = Tensor([1, 2, 3, -1, 8, 0.5] as [Float], shape: [3, 2])

  /// With no more than `import Apus` the layers' names mean the layers, not the graph's blocks of the same name.
  @Test func layerNamesAreTypesOfTheirOwn() {
    let layers: (ReLU, GELU, BatchNorm, LayerNorm, RMSNorm) = (
      ReLU(), GELU(), BatchNorm(2), LayerNorm(2), RMSNorm(2)
    )
    #expect(isClose(layers.0(rows - 2), [0, 0, 1, 0, 6, 0]))
    #expect(layers.2.parameters.count == 2 && layers.3.parameters.count == 2 && layers.4.parameters.count == 1)
    #expect(isClose(layers.1(Tensor([-1, 0, 1] as [Float])), [-0.15865525, 0, 0.8413447]))
  }

  @Test func batchNormTracksStatistics() {
    let layer = BatchNorm(2)
    let y = Phase.with(.training) { layer(rows) }
    #expect(isClose(y, [-1.0190487, 1.2247407, -0.3396829, -1.2247407, 1.3587316, 0]))
    #expect(isClose(layer.runningMean!, [0.4, 0.05]))
    #expect(isClose(layer.runningVariance!, [2.2, 1.125]))
    #expect(layer.batchesTracked!.scalars(Int64.self) == [1])
    #expect(isClose(layer(rows), [0.404519, 1.8384695, 1.7529156, -0.9899451, 5.123907, 0.4242622]))
    #expect(layer.batchesTracked!.scalars(Int64.self) == [1], "inference moved the statistics")

    let mean = BatchNorm(2, momentum: nil)
    Phase.with(.training) { _ = (mean(rows), mean(rows * 2)) }
    #expect(isClose(mean.runningMean!, [6, 0.75]))
    #expect(isClose(mean.runningVariance!, [32.5, 5.625]))
  }

  /// Without a momentum the running statistics are the means over all batches of those of an example.
  @Test func instanceNormTracksTheMeanOfAllBatches() {
    let x = Tensor([1, 3, 2, 8, 6, 1, -1, 0] as [Float], shape: [2, 2, 2])
    let mean = InstanceNorm(2, momentum: nil, tracksRunningStatistics: true)
    Phase.with(.training) { _ = (mean(x), mean(x * 3)) }
    // Means of a batch: (1.5 + 2.5) / 2 and (5.5 + 0.5) / 2; unbiased variances: (0.5 + 24.5) / 2 and (12.5 + 0.5) / 2.
    #expect(isClose(mean.runningMean!, [4, 6]))
    #expect(isClose(mean.runningVariance!, [62.5, 32.5]))
    #expect(mean.batchesTracked!.scalars(Int64.self) == [2])
  }

  /// Inference makes of the statistics a part of the convolution before: the values stay those of two layers.
  @Test func batchNormAfterAConvolutionIsTheSameCompiled() {
    var key = RandomKey(1)
    let (convolution, norm) = (Conv2D(8, 16, kernel: 3, padding: 1, bias: false, key: &key), BatchNorm(16))
    let x = Tensor.normal([2, 9, 7, 8], key: &key)
    let residual = Tensor.normal([2, 9, 7, 16], key: &key)
    Phase.with(.training) { _ = norm(convolution(x)) }
    let separate = convolution(x)
    separate.evaluated()
    let expected = (norm(separate) + residual).relu()
    let fused = compile { (norm(convolution($0)) + $1).relu() }(x, residual)
    #expect((fused - expected).abs().max().item() < 1e-5)
  }

  @Test func adaptivePoolingHasPyTorchsWindows() {
    let x = (Tensor.range(35, dtype: .float32).power(1.5) / 10).reshaped(to: [1, 5, 7, 1])
    let y = AdaptiveAveragePool2D(Pair(3, 4))(x)
    #expect(y.shape == [1, 3, 4, 1])
    let expected: [Float] = [
      1.0536919, 1.5045795, 2.2341893, 2.8579667, 5.8508148, 6.7167392, 7.9344921, 8.8928976, 12.593877, 13.735934,
      15.305676, 16.517340,
    ]
    #expect(isClose(y, expected))
    #expect(AdaptiveAveragePool2D(1)(x).shape == [1, 1, 1, 1])
    #expect(isClose(AdaptiveAveragePool2D(Pair(5, 7))(x), x.scalars(Float.self)))
  }

  /// Inverted dropout keeps the mean, draws a new mask at each call, and is nothing in inference.
  @Test func dropoutKeepsTheMean() {
    var key = RandomKey(5)
    let layer = Dropout(0.1, key: &key)
    let x = Tensor.ones([1000, 100])
    #expect(layer(x).scalars(Float.self).allSatisfy { $0 == 1 })
    let (first, second) = Phase.with(.training) { (layer(x), layer(x)) }
    #expect(abs(first.mean().item() - 1) < 0.005)
    #expect(Set(first.scalars(Float.self)).count == 2)
    let kept = (first .> 0).cast(to: .float32).mean().item()
    #expect(abs(kept - 0.9) < 0.005)
    #expect((first - second).abs().max().item() > 0)
    // The same key gives the same masks; a saved model goes on where it was.
    var other = RandomKey(5)
    let again = Dropout(0.1, key: &other)
    #expect(Phase.with(.training) { again(x) }.scalars(Float.self) == first.scalars(Float.self))
  }

  @Test func lstmIsPyTorchs() {
    var key = RandomKey(0)
    let model = LSTM(2, 2, layers: 2, isBidirectional: true, key: &key)
    for (number, entry) in model.parameters.enumerated() {
      let shape = entry.slot.tensor!.shape
      entry.slot.tensor = (Tensor.range(shape.elementCount, dtype: .float32) + Double(number)).sin().reshaped(to: shape)
    }
    #expect(
      model.parameters.map(\.path).suffix(4) == [
        "weight_ih_l1_reverse", "weight_hh_l1_reverse", "bias_ih_l1_reverse", "bias_hh_l1_reverse",
      ])
    let x = Tensor.range(6, dtype: .float32).cos().reshaped(to: [1, 3, 2])
    let (outputs, states) = model(x, initial: nil)
    let expected: [Float] = [
      0.050105818, 0.003372389, 0.048812047, 0.3933622, 0.057296865, 0.007666329, 0.042703338, 0.37354633,
      0.085998185, 0.014451436, -0.14325206, 0.37038702,
    ]
    #expect(isClose(outputs, expected))
    let hidden: [Float] = [
      -0.14667527, 0.10057423, -0.5139234, -0.36350605, 0.085998185, 0.014451436, 0.048812047, 0.3933622,
    ]
    #expect(isClose(concatenate(states.map(\.hidden)), hidden))
    let cell: [Float] = [
      -0.16944498, 0.29965356, -1.6277117, -0.8770043, 0.34062785, 0.16487013, 0.06860322, 0.47640225,
    ]
    #expect(isClose(concatenate(states.map(\.cell)), cell))
  }

  @Test func mistakesNameTheShape() {
    var key = RandomKey(0)
    let norm = BatchNorm(3)
    let error = #expect(throws: OpError.self) { try checked { norm(.zeros([2, 4])) } }
    #expect(error?.description == "BatchNorm: input [2, 4], expected [batch, …, 3]")
    let table = Embedding(4, 2, paddingIndex: -1, key: &key)
    #expect(table.weight.scalars(Float.self).suffix(2) == [0, 0])
    let wrong = #expect(throws: OpError.self) { try checked { table(.zeros([2])) } }
    #expect(wrong?.description.contains("expected integers") ?? false)
  }
}
