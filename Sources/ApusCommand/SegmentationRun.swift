import Apus
import ApusDrawing
import ApusImages

/// Learning which class each pixel belongs to, on scenes of four pictures each.
struct SegmentationRun: RecipeRun {
  let configuration: RunConfiguration
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "scenes"
  private let inputShape: Shape
  private let network: any Layer

  init(
    _ recipe: Recipe, _ inputShape: Shape, _ makeModel: (Int, inout RandomKey) -> any Layer,
    _ configuration: RunConfiguration, _ directory: RunDirectory, _ reading: DataReading
  ) throws {
    let data = try DatasetAccess.loadThings(recipe, inputShape, configuration, reading)
    var configuration = configuration
    configuration.dataset = "scenes of \(data.name)"
    configuration.classNames = ["ground"] + data.classNames
    batches = DataLoader(
      SceneExamples(data.train, isMixed: true), batchSize: configuration.batchSize, sampling: .shuffled,
      seed: configuration.seed)
    testBatches = Self.testBatches(data)
    var key = RandomKey(configuration.seed)
    network = makeModel(configuration.classNames.count, &key)
    let how = try Optimization(network, configuration, batchCount: batches.batchCount, directory.configurationPath)
    let confusion = ConfusionMatrix(
      classes: configuration.classNames.count, noting: [(.intersectionOverUnion, .macro), (.f1, .macro)])
    task = .classification(
      network, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
      precision: how.precision, labelSmoothing: configuration.extras.labelSmoothing ?? 0,
      metrics: [Accuracy(), confusion])
    self.inputShape = inputShape
    self.configuration = how.configuration
  }

  /// The scenes to judge by: always the same.
  static func testBatches(_ data: ImageClassificationData) -> DataLoader<SceneExamples<LabeledImages>> {
    DataLoader(SceneExamples(data.test), batchSize: 50, sampling: .sequential)
  }

  var model: Module { network }
  var counts: (training: Int, test: Int) { (batches.exampleCount, testBatches.exampleCount) }
  var modelSummary: ModelSummary? { ModelSummary(network, input: .zeros(Shape([1] + inputShape))) }

  func epochText(_ measures: Measures) -> String {
    let union = measures["macro_iou"].map { " IoU \($0.fixed(3))" } ?? ""
    return "loss \((measures["loss"] ?? .nan).fixed(4)) accuracy \((measures["accuracy"] ?? .nan).percent())" + union
  }

  func resultText(_ measures: Measures) -> String {
    let (accuracy, loss) = (measures["accuracy"] ?? .nan, measures["loss"] ?? .nan)
    return "test IoU \((measures["macro_iou"] ?? .nan).fixed(3)), test accuracy \(accuracy.percent()), "
      + "test loss \(loss.fixed(4))"
  }

  /// The first test scenes, above what they are of and what the model takes them for.
  func samples(_ trainer: Trainer) -> [TrainingReport.Sample] {
    guard let batch = testBatches.epoch(0, startingAt: 0).next() else { return [] }
    let answers = trainer.predictions(for: batch.tensors).argMax()
    return (0..<min(12, batch.count)).map { row in
      let (truth, answer) = (batch.tensors[1][row].scalars(Int32.self), answers[row].scalars(Int32.self))
      let picture = Image(unitSamples: batch.tensors[0][row]).rgb()
      let maps = [truth, answer].map { Image(classes: $0.map(Int.init), width: picture.width) }
      let image = Image(stacking: [picture] + maps)
      let right = Double(zip(truth, answer).count { $0 == $1 }) / Double(max(1, truth.count))
      return TrainingReport.Sample(
        png: image.pngData, width: image.width, height: image.height, channels: 3,
        caption: "scene, truth, answer: \(right.percent(0)) of the pixels right")
    }
  }
}

extension DatasetAccess {
  /// The pictures that scenes of a size are made of.
  static func loadThings(
    _ recipe: Recipe, _ sceneShape: Shape, _ configuration: RunConfiguration, _ reading: DataReading
  ) throws -> ImageClassificationData {
    try load(recipe, [sceneShape[0] / 2, sceneShape[1] / 2, sceneShape[2]], configuration, reading)
  }
}

extension Image {
  /// Samples in 0…1, `[height, width, channels]`.
  init(unitSamples samples: Tensor) {
    let pixels = samples.scalars(Float.self).map { UInt8((min(max($0, 0), 1) * 255).rounded()) }
    self.init(width: samples.shape[1], height: samples.shape[0], channels: samples.shape[2], pixels: pixels)
  }

  /// The class of each pixel as a color: the ground, 0, is black.
  init(classes: [Int], width: Int) {
    let colors = classes.map { Color(classNumber: $0) }
    self.init(
      width: width, height: classes.count / max(1, width), channels: 3,
      pixels: colors.flatMap { [$0.red, $0.green, $0.blue] })
  }

  /// Pictures of one width with three channels, one below the other, with white lines between them.
  init(stacking images: [Image]) {
    let width = images.first?.width ?? 0
    var pixels: [UInt8] = []
    for image in images {
      if !pixels.isEmpty { pixels += [UInt8](repeating: 255, count: 2 * width * 3) }
      pixels += image.pixels
    }
    self.init(width: width, height: pixels.count / max(1, 3 * width), channels: 3, pixels: pixels)
  }
}

extension Color {
  /// A color for a class in a picture: black for 0, then the palette, and lighter shades of it.
  init(classNumber number: Int) {
    let colors = Color.palette.filter { $0 != .black }
    guard number > 0 else {
      self = .black
      return
    }
    let (round, place) = (number - 1).quotientAndRemainder(dividingBy: colors.count)
    self = colors[place].mixed(with: .white, min(0.8, 0.45 * Double(round)))
  }
}
