import Apus
import Testing

/// Counts published with torchvision's models, and the closed form for the others.
struct ParameterCountTests {
  @Test(arguments: [
    (ResNet.Depth.resnet18, 11_689_512), (.resnet34, 21_797_672), (.resnet50, 25_557_032), (.resnet101, 44_549_160),
    (.resnet152, 60_192_808),
  ])
  func resNet(_ depth: ResNet.Depth, _ count: Int) {
    var key = RandomKey(0)
    #expect(ResNet(depth, key: &key).parameterCount == count)
  }

  @Test(arguments: [
    (VGG.Depth.vgg11, false, 132_863_336), (.vgg13, false, 133_047_848), (.vgg16, false, 138_357_544),
    (.vgg19, false, 143_667_240), (.vgg16, true, 138_365_992),
  ])
  func vgg(_ depth: VGG.Depth, _ batchNorm: Bool, _ count: Int) {
    var key = RandomKey(0)
    #expect(VGG(depth, batchNorm: batchNorm, key: &key).parameterCount == count)
  }

  @Test func alexNet() {
    var key = RandomKey(0)
    #expect(AlexNet(key: &key).parameterCount == 61_100_840)
  }

  @Test func multilayerPerceptron() {
    var key = RandomKey(0)
    let model = MultilayerPerceptron([784, 512, 512, 10], key: &key)
    #expect(model.parameterCount == 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10)
    #expect(
      model.parameters.map(\.path) == ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"])
  }

  /// GPT-2's published 124 million: 124,439,808.
  @Test func gpt() {
    var key = RandomKey(0)
    #expect(GPT(GPT.Configuration(), key: &key).parameterCount == 124_439_808)
  }

  @Test func lstmKeysArePyTorchs() {
    var key = RandomKey(0)
    let model = LSTMLanguageModel(vocabulary: 5, features: 3, hidden: 4, layers: 2, key: &key)
    #expect(
      model.parameters.map(\.path) == [
        "embedding.weight", "lstm.weight_ih_l0", "lstm.weight_hh_l0", "lstm.bias_ih_l0", "lstm.bias_hh_l0",
        "lstm.weight_ih_l1", "lstm.weight_hh_l1", "lstm.bias_ih_l1", "lstm.bias_hh_l1", "fc.weight", "fc.bias",
      ])
  }

  @Test func residualKeysAreTorchvisions() {
    var key = RandomKey(0)
    let paths = ResNet(.resnet18, key: &key).entries.map(\.path)
    for path in [
      "conv1.weight", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked", "layer1.0.conv1.weight",
      "layer2.0.downsample.0.weight", "layer2.0.downsample.1.bias", "layer4.1.bn2.weight", "fc.bias",
    ] {
      #expect(paths.contains(path), "\(path)")
    }
    #expect(paths.count == 122)
  }
}
