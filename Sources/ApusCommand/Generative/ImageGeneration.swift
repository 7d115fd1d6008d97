import Apus
import ApusImages

/// `apus generate` of a run that learned to make images.
enum ImageGeneration {
  /// The options that only such runs take.
  static let options =
    SampleRequest.options + [
      Command.Option(name: "chain-steps", value: "N", help: "steps of a Boltzmann machine's chains (default 1000)"),
      Command.Option(name: "stages", value: "N", help: "draw each image as it comes out of noise, in so many pictures"),
      Command.Option(name: "out", value: "FILE", help: "where to draw images, side by side in a PNG file"),
    ]

  /// The options that both kinds of runs take.
  private static let common: Set<String> = ["seed"]

  /// The run that is named, if it is one of images.
  static func run(_ arguments: ParsedArguments) -> TrainedRun? {
    // What is wrong with another directory, the models of texts tell.
    guard let run = try? TrainedRun(arguments.operands[0]), case .imageModel = run.recipe.work else { return nil }
    return run
  }

  static func generate(_ run: TrainedRun, _ arguments: ParsedArguments) throws {
    guard arguments.operands.count == 1 else {
      throw UsageError("'\(arguments.operands[1])': runs that make images take no prompt (apus generate --help)")
    }
    for option in Command.generate.options where arguments.isGiven(option.name) {
      guard common.contains(option.name) || options.contains(where: { $0.name == option.name }) else {
        throw UsageError("--\(option.name) is for models that write texts (apus generate --help)")
      }
    }
    guard let path = arguments.string("out"), path.hasSuffix(".png") else {
      throw UsageError("expected --out with a name that ends in .png")
    }
    let trained = try TrainedImageModel(run)
    guard let model = trained.model as? any ImageSampler else {
      throw Failure("\(run.directory.path): a run of recipe \(run.recipe.name), which makes no images of its own")
    }
    var request = try SampleRequest(
      arguments, model, classNames: run.configuration.classNames, count: 64, help: "apus generate --help")
    if let steps = try arguments.integer("chain-steps", in: 1...10_000_000) {
      guard model is DeepBeliefNetwork else {
        throw UsageError("--chain-steps is for Boltzmann machines (apus generate --help)")
      }
      request.steps = steps
    }
    if let count = try arguments.integer("stages", in: 2...100) {
      return try draw(stages: count, of: model, request, to: path)
    }
    let images = Phase.with(.inference) { model.samples(request) }
    guard images.isFinite().all().item() != 0 else {
      throw Failure("\(run.directory.modelPath): the model makes images of NaN: its weights are not usable")
    }
    // A column for each class where they take turns.
    let classes = (model as? any StepwiseImageSampler)?.classes ?? 0
    let side = Int(Double(request.count).squareRoot().rounded(.up))
    let columns = classes > 0 && request.label == nil && request.count >= classes ? classes : side
    try Image(tiling: images, columns: columns).writePNG(to: path)
    Terminal.print(path)
  }

  /// Draws images as they come out of noise, a row for each.
  private static func draw(
    stages count: Int, of model: any ImageSampler, _ request: SampleRequest, to path: String
  ) throws {
    guard let model = model as? any StepwiseImageSampler else {
      throw UsageError("--stages is for runs that make images step by step (apus generate --help)")
    }
    try Image(stages: Phase.with(.inference) { model.stages(request, count: count) }).writePNG(to: path)
    Terminal.print(path)
  }
}
