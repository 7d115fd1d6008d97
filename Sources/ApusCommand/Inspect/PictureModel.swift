import Apus
import ApusDatasets
import ApusImages

/// A model that answers for pictures: that of a run, or an architecture with published weights.
struct PictureModel {
  let name: String
  let model: any Layer
  let classNames: [String]
  /// `[height, width, channels]`
  let inputShape: Shape
  /// What published weights expect; nil for the model of a run.
  let preprocessing: ImagePreprocessing?
  let weightsPath: String
  /// What the model of a run expects.
  let preparation: Augmentation

  /// The model that a run directory holds.
  init(run path: String) throws {
    let run = try TrainedClassifier(path)
    preparation = run.preparation
    (name, model, classNames) = (run.recipe.name, run.model, run.configuration.classNames)
    (inputShape, preprocessing, weightsPath) = (run.inputShape, nil, run.run.directory.modelPath)
  }

  /// A model that classifies pixels.
  init(_ run: TrainedSegmenter) {
    (name, model, classNames) = (run.run.recipe.name, run.model, run.run.configuration.classNames)
    (inputShape, preprocessing, weightsPath) = (run.inputShape, nil, run.run.directory.modelPath)
    preparation = .none
  }

  /// An architecture with the weights of a safetensors file: its `state_dict` in PyTorch. The file may name the classes in
  /// its metadata, as a JSON array called `class_names`.
  init(architecture name: String, weights path: String) throws {
    guard let architecture = Architecture.named(name) else {
      throw UsageError(unknown: "architecture", name, among: Architecture.all.map(\.name), help: "apus summary --list")
    }
    guard architecture.inputShape.rank == 3 else {
      throw UsageError("--model \(name): reads texts, expected a network that looks at images (apus summary --list)")
    }
    let file = try TensorFile(contentsOf: path)
    var names = (0..<architecture.classes).map { "class \($0)" }
    if let text = file.metadata["class_names"] {
      let given = (try? JSONValue(parsing: text))?.array?.compactMap(\.string) ?? []
      guard given.count == architecture.classes else {
        throw FileError.malformed(path, "\"class_names\" in its metadata are not \(architecture.classes) strings")
      }
      names = given
    }
    var key = RandomKey(0)
    let model = architecture.makeModel(architecture.classes, &key)
    try model.loadPyTorch(from: path)
    (self.name, self.model, classNames, inputShape) = (name, model, names, architecture.inputShape)
    (preprocessing, weightsPath, preparation) = (architecture.preprocessing, path, .none)
  }

  /// What options and operands name, and the operands that are left: `--model` and `--weights`, or a run.
  static func named(_ arguments: ParsedArguments) throws -> (model: PictureModel, rest: [String]) {
    switch (arguments.string("model"), arguments.string("weights")) {
    case (nil, nil):
      guard arguments.operands.count >= 2 else {
        throw UsageError("expected a run and an image, or --model and --weights")
      }
      return (try PictureModel(run: arguments.operands[0]), Array(arguments.operands.dropFirst()))
    case (let name?, let path?): return (try PictureModel(architecture: name, weights: path), arguments.operands)
    default: throw UsageError("--model and --weights go together: an architecture and the file of its weights")
    }
  }

  /// The options that ``named(_:)`` reads.
  static let options = [
    Command.Option(name: "model", value: "NAME", help: "an architecture instead of a run (apus summary --list)"),
    Command.Option(name: "weights", value: "FILE", help: "its weights, a state_dict in a safetensors file"),
  ]

  /// A picture as the model takes it, `[1, height, width, channels]`.
  ///
  /// - Parameter isInverted: Whether dark and light are swapped, for a run on pictures with a dark ground.
  func input(_ path: String, isInverted: Bool) throws -> Tensor {
    let image = try picture(path, isInverted: isInverted)
    var samples = FloatImage(
      height: image.height, width: image.width, channels: image.channels, samples: image.pixels[...])
    // Nothing in it is random.
    preparation.apply(to: &samples, key: 0)
    let input = Tensor(samples.values, shape: [1, image.height, image.width, image.channels])
    return preprocessing?.normalized(input) ?? input
  }

  /// A picture of the size and the channels that the model takes.
  func picture(_ path: String, isInverted: Bool) throws -> Image {
    let (height, width, channels) = (inputShape[0], inputShape[1], inputShape[2])
    if path.lowercased().hasSuffix(".wav"), inputShape == [SpokenWords.frames, SpokenWords.bands, 1] {
      let samples = try SpokenWords.picture(of: WAVFile(contentsOf: path), path)
      return Image(width: width, height: height, channels: 1, pixels: samples)
    }
    let image = try Image(contentsOf: path)
    // Opaque before it is resized; a photograph stands on white, what a run knows on dark.
    let flat = image.flattened(over: isInverted || preprocessing != nil ? 255 : 0)
    let colored = channels == 1 ? flat.grayscale() : flat.rgb()
    let sized = preprocessing?.applied(to: colored) ?? colored.resized(width: width, height: height)
    return isInverted ? sized.inverted() : sized
  }

  /// The probability of each class for a prepared picture; throws where the weights make none.
  func probabilities(_ input: Tensor, _ path: String) throws -> [Double] {
    let shares = Classifier(model).probabilities(input)[0].doubles()
    guard shares.allSatisfy(\.isFinite) else {
      throw Failure("\(weightsPath): the model answers \(path) with NaN: its weights are not usable")
    }
    return shares
  }
}

extension Image {
  /// Dark and light swapped.
  func inverted() -> Image {
    Image(width: width, height: height, channels: channels, pixels: pixels.map { 255 - $0 })
  }
}

extension ImagePreprocessing {
  /// The picture in the size that the network expects.
  func applied(to image: Image) -> Image {
    let filter = filter == .bicubic ? ResizeFilter.bicubic : .bilinear
    let (width, height) = (image.width, image.height)
    let short = min(width, height)
    switch crop {
    case .beforeResizing:
      return image.cropped(left: (width - short) / 2, top: (height - short) / 2, width: short, height: short)
        .resized(width: side, height: side, filter: filter)
    case .afterResizing(let shorterSide):
      // Of a panorama no more than the part that the network can come to see is resized.
      let seen = image.centerCropped(width: min(width, 2 * short), height: min(height, 2 * short))
      let (wide, high) = (shorterSide * seen.width / short, shorterSide * seen.height / short)
      return seen.resized(width: wide, height: high, filter: filter).centerCropped(width: side, height: side)
    }
  }
}
