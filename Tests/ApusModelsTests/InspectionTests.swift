import Apus
import Foundation
import Testing

/// What a model has learned and sees.
@Suite struct InspectionTests {
  /// The network of `Tests/Fixtures/fixture_inspection.py`.
  private static func makeModel() -> Sequential {
    var key = RandomKey(0)
    return Sequential {
      Conv2D(2, 4, kernel: 3, padding: 1, key: &key)
      ReLU()
      MaxPool2D(2)
      Conv2D(4, 6, kernel: 3, padding: 1, key: &key)
      BatchNorm(6)
      ReLU()
      AdaptiveAveragePool2D(2)
      Flatten()
      Linear(24, 3, weightLayout: .flattened(channels: 6, height: 2, width: 2), key: &key)
    }
  }

  private let model = makeModel()
  private let image: Tensor
  private let answers: [JSONValue]

  init() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let file = try JSONValue(contentsOf: folder.appendingPathComponent("Fixtures/inspection.json").path)
    let fixture = try #require(file["cases"]?.array?.first)
    func tensor(_ json: JSONValue?) -> Tensor {
      Tensor(
        (json?["values"]?.array ?? []).map { Float($0.double ?? .nan) },
        shape: Shape((json?["shape"]?.array ?? []).compactMap(\.int)))
    }
    image = tensor(fixture["image"])
    answers = fixture["answers"]?.array ?? []
    let weights = try #require(fixture["weights"]?.object)
    let state = Dictionary(uniqueKeysWithValues: weights.map { ($0.key, tensor($0.value)) })
    try model.load(stateDictionary: state, isStrict: false)
  }

  private func expectNear(_ ours: Tensor, _ theirs: JSONValue?, _ what: String) {
    let reference = (theirs?.array ?? []).compactMap(\.double)
    #expect(ours.count == reference.count)
    for (a, b) in zip(ours.doubles(), reference) { #expect(abs(a - b) < 1e-5, "\(what)") }
  }

  @Test func saliencyIsPyTorchs() throws {
    #expect(answers.count == 3)
    for answer in answers {
      let label = try #require(answer["label"]?.int)
      expectNear(Attribution.saliency(of: model, image, label: label), answer["saliency"], "class \(label)")
    }
  }

  @Test func gradCAMIsPyTorchs() throws {
    for answer in answers {
      let label = try #require(answer["label"]?.int)
      for path in ["0", "3", "4", "5"] {
        let map = try #require(Attribution.gradCAM(of: model, image, label: label, path: path))
        expectNear(map, answer["gradCAM"]?[path], "class \(label) at layer \(path)")
      }
    }
    // The last layer of more than one place is the pooling.
    #expect(Attribution.gradCAM(of: model, image, label: 0)?.shape == [2, 2])
    #expect(Attribution.gradCAM(of: model, image, label: 0, path: "7") == nil, "flattened")
    #expect(Attribution.gradCAM(of: model, image, label: 0, path: "9") == nil, "no such layer")
    #expect(throws: (any Error).self) { try checked { Attribution.saliency(of: model, image, label: 3) } }
  }

  @Test func featureMapsAreWhatTheLayersReturn() {
    let maps = FeatureMap.all(of: model, image)
    #expect(maps.map(\.path) == ["0", "1", "2", "3", "4", "5", "6"])
    #expect(maps.map(\.kind).prefix(3) == ["Conv2D", "ReLU", "MaxPool2D"])
    let first = model.layers[0](image)
    #expect((maps[0].values - first).abs().max().item() == 0)
    #expect((maps[1].values - first.relu()).abs().max().item() == 0)
    #expect(LearnedFilters.all(of: model).map(\.path) == ["0", "3"])
    #expect(LearnedFilters.all(of: model)[1].weights.shape == [3, 3, 4, 6])
  }

  @Test func probesChangeWhatLayersReturn() {
    let layer = ObjectIdentifier(model.layers[3])
    let silent = LayerProbe.with {
      $0 == layer ? $1 * 0 : $1
    } body: {
      model(image)
    }
    let other = LayerProbe.with {
      $0 == layer ? $1 * 0 : $1
    } body: {
      model(image * 2)
    }
    #expect((silent - other).abs().max().item() == 0, "what comes after a layer of zeros does not know the image")
    #expect((model(image) - silent).abs().max().item() > 1e-3)
  }

  /// The sum over all places does not change when a small thing is moved; one place alone does.
  @Test func invarianceIsThatOfTheModel() {
    var values = [Float](repeating: 0, count: 81)
    values[40] = 1
    values[41] = 2
    let image = Tensor(values, shape: [1, 9, 9, 1])
    let global = Lambda { concatenate([$0.sum(axes: [1, 2]), $0.sum(axes: [1, 2]) * 0], axis: 1) }
    let still = TranslationInvariance(of: global, image, label: 0, maximumShift: 3)
    #expect(still.shifts == [-3, -2, -1, 0, 1, 2, 3])
    for share in still.horizontal + still.vertical { #expect(abs(share - 1 / (1 + exp(-3.0))) < 1e-6) }
    for cosine in still.horizontalSimilarity { #expect(abs(cosine - 1) < 1e-6) }
    // The logit is the place in the middle.
    let local = Lambda { concatenate([$0[0..., 4, 4], $0[0..., 4, 4] * 0], axis: 1) }
    let moving = TranslationInvariance(of: local, image, label: 0, maximumShift: 1)
    func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
    for (share, expected) in zip(moving.horizontal, [sigmoid(2), sigmoid(1), 0.5]) {
      #expect(abs(share - expected) < 1e-6)
    }
    for (share, expected) in zip(moving.vertical, [0.5, sigmoid(1), 0.5]) { #expect(abs(share - expected) < 1e-6) }
  }

  /// The table of Araujo, Norris & Sim 2019 for AlexNet and VGG-16.
  @Test func receptiveFieldsAreAsPublished() {
    var key = RandomKey(0)
    let alexNet = ReceptiveField(of: AlexNet(key: &key).features.layers)
    #expect(alexNet.size == 195 && alexNet.stride == 32)
    let vgg = ReceptiveField(of: VGG(.vgg16, key: &key).features.layers)
    #expect(vgg.size == 212 && vgg.stride == 32)
    // What is farther away than that does not move the output: the gradient of one place says the same.
    let chain: [any Layer] = [
      Conv2D(1, 1, kernel: 3, padding: 2, dilation: 2, initializer: .ones, key: &key),
      Conv2D(1, 1, kernel: 2, stride: 2, initializer: .ones, key: &key),
      Conv2D(1, 1, kernel: 3, padding: 1, initializer: .ones, key: &key),
    ]
    let gradient = grad { x in chain.reduce(x) { $1($0) }[0, 8, 8, 0] }(.zeros([1, 40, 40, 1]))
    let seen = (0..<40).filter { gradient[0, 16, $0, 0].item() != 0 }
    let field = ReceptiveField(of: chain)
    #expect(field.size == 10 && field.stride == 2)
    #expect(seen.count == field.size && (seen.last ?? 0) - (seen.first ?? 0) == field.size - 1)
  }

  /// Each of its norms opens a scope in the gradient, which once took twice as long with each of them.
  @Test func deepNetworksAreInspectedAtOnce() throws {
    var key = RandomKey(0)
    let model = EfficientNetLite(.lite0, classes: 3, stem: .small, key: &key)
    let image = Tensor.normal([1, 32, 32, 3], key: &key)
    #expect(Attribution.saliency(of: model, image, label: 1).max().item() > 0)
    let map = try #require(Attribution.gradCAM(of: model, image, label: 1))
    #expect(map.shape == [4, 4] && map.min().item() >= 0)
  }
}
