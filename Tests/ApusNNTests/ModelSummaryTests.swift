import Apus
import Testing

/// A residual block inside of a stack, and a scale of the model's own.
private final class Nested: Module, Layer {
  @Parameter var scale: Tensor
  let stem: Linear
  let blocks: Sequential
  let head: Linear

  init(key: inout RandomKey) {
    scale = Tensor(1)
    stem = Linear(3, 4, key: &key)
    let shared = Linear(4, 4, bias: false, key: &key)
    blocks = Sequential([Block(shared, key: &key), shared, Dropout(0.1, key: &key)])
    head = Linear(4, 2, key: &key)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { head(blocks(stem(x))) * scale }
}

private final class Block: Module, Layer {
  let inner: Linear
  let norm: BatchNorm

  init(_ inner: Linear, key: inout RandomKey) {
    self.inner = inner
    norm = BatchNorm(4)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { traced(x + norm(inner(x))) }
}

@Suite struct ModelSummaryTests {
  private func model<Made: Layer>(_ make: (inout RandomKey) -> Made) -> Made {
    var key = RandomKey(0)
    return make(&key)
  }

  /// LeNet-5, counted by hand: output size times kernel for a convolution, weights for a layer that is fully connected.
  @Test func lenet5IsCountedByHand() {
    let summary = ModelSummary(model { LeNet5(key: &$0) }, input: .zeros([2, 28, 28, 1]))
    #expect(summary.rows.map(\.path) == ["conv1", "pool", "conv2", "pool", "fc1", "fc2", "fc3"])
    #expect(summary.rows.map(\.parameters) == [156, 0, 2416, 0, 48_120, 10_164, 850])
    #expect(summary.rows.map(\.multiplyAdds) == [235_200, 0, 480_000, 0, 96_000, 20_160, 1_680])
    #expect(summary.rows[0].output == [2, 28, 28, 6] && summary.rows[0].activationBytes == 2 * 28 * 28 * 6 * 4)
    #expect(summary.parameterCount == 61_706 && summary.stateBytes == 4 * 61_706 && summary.bufferCount == 0)
    #expect(summary.multiplyAdds == 2 * 416_520)
    #expect(summary.activationBytes == 4 * 2 * (4704 + 1176 + 1600 + 400 + 120 + 84 + 10))
    #expect(summary.hiddenLayerCount == 4)
  }

  /// What torchvision states: 11,689,512 parameters and 1.81 billion multiply-adds; 61,100,840 and 0.71 billion.
  @Test func networksAreAsTheirPapersCountThem() {
    let resnet = ModelSummary(model { ResNet(.resnet18, key: &$0) }, input: .zeros([1, 224, 224, 3]))
    #expect(resnet.parameterCount == 11_689_512 && resnet.multiplyAdds == 1_814_073_344)
    #expect(resnet.rows.filter { $0.depth == 0 }.reduce(0) { $0 + $1.parameters } == 11_689_512)
    #expect(resnet.rows.filter(\.isGroup).map(\.path).prefix(3) == ["layer1", "layer1.0", "layer1.1"])
    // Seventeen 3 × 3 convolutions and the three projections beside them; the layer of classes is the output.
    #expect(resnet.hiddenLayerCount == 20)
    let alexnet = ModelSummary(model { AlexNet(key: &$0) }, input: .zeros([1, 224, 224, 3]))
    #expect(alexnet.parameterCount == 61_100_840 && alexnet.multiplyAdds == 714_188_480)
    #expect(alexnet.hiddenLayerCount == 7)
  }

  @Test func modulesStandBeforeWhatIsInThem() {
    let summary = ModelSummary(model { Nested(key: &$0) }, input: .zeros([5, 3]))
    #expect(
      summary.rows.map(\.path) == [
        "stem", "blocks", "blocks.0", "blocks.0.inner", "blocks.0.norm", "blocks.0.inner", "blocks.2", "head", "",
      ])
    #expect(
      summary.rows.map(\.kind) == [
        "Linear", "Sequential", "Block", "Linear", "BatchNorm", "Linear", "Dropout", "Linear", "Nested",
      ])
    #expect(summary.rows.map(\.depth) == [0, 0, 1, 2, 2, 2, 1, 0, 0])
    // The shared layer's weights are counted once, its work twice.
    #expect(summary.rows.map(\.parameters) == [16, 24, 24, 16, 8, 0, 0, 10, 1])
    #expect(summary.rows.map(\.multiplyAdds) == [60, 160, 160, 80, 0, 80, 0, 40, 0])
    #expect(summary.rows[1].output == nil && summary.rows[2].output == [5, 4])
    #expect(summary.rows.map(\.activationBytes) == [80, 400, 320, 80, 80, 80, 80, 40, 0])
    #expect(summary.parameterCount == 51 && summary.bufferCount == 4 + 4 + 1 + 2)
    #expect(summary.hiddenLayerCount == 2)
  }

  /// Both ways of the residual block come to what follows it.
  @Test func layersKnowWhereTheirInputIsFrom() {
    let summary = ModelSummary(model { Nested(key: &$0) }, input: .zeros([5, 3]))
    #expect(
      summary.rows.map(\.sources) == [
        [.input], nil, nil, [.row(0)], [.row(3)], [.row(0), .row(4)], [.row(5)], [.row(6)], nil,
      ])
    // Without the input, what begins with it is not known.
    let plain = model { Nested(key: &$0) }
    let calls = LayerTrace.record { _ = plain(.zeros([5, 3])) }
    let unknown = ModelSummary(plain, calls).rows.map(\.sources)
    #expect(unknown[0] == nil && unknown[5] == [.row(0), .row(4)])
    // What is put side by side: the level of the way down comes before what is raised to it.
    let unet = ModelSummary(
      model { UNet(.init(width: 2, depth: 1, isPadded: true), classes: 3, key: &$0) }, input: .zeros([1, 4, 4, 1]))
    let places = Dictionary(unet.rows.enumerated().map { ($1.path, $0) }) { first, _ in first }
    let merged = unet.rows[places["merge.0.0"] ?? 0].sources
    #expect(merged == [.row(places["down.0.3"] ?? -1), .row(places["up.0"] ?? -1)])
  }

  /// A net without hidden layers, and a layer that wraps another.
  @Test func wrappedAndSingleLayers() {
    let single = ModelSummary(model { Linear(3, 2, key: &$0) }, input: .zeros([1, 3]))
    #expect(single.rows.map(\.kind) == ["Linear"] && single.multiplyAdds == 6 && single.hiddenLayerCount == 0)
    let wrapped = model { key in
      Sequential {
        WeightNorm(Linear(3, 4, key: &key))
        ReLU()
        Linear(4, 2, key: &key)
      }
    }
    let summary = ModelSummary(wrapped, input: .zeros([1, 3]))
    #expect(summary.rows.map(\.kind) == ["WeightNorm", "ReLU", "Linear"])
    #expect(summary.rows.map(\.multiplyAdds) == [12, 0, 8] && summary.rows[0].parameters == 20)
    #expect(summary.hiddenLayerCount == 1)
  }
}
