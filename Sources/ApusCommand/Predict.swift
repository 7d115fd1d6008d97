import Apus
import ApusFiles
import ApusImages

extension Command {
  static let predict = Command(
    name: "predict", summary: "Say what a trained model makes of images, tables or texts", operands: "[RUN] FILE…",
    operandCount: 1...Int.max,
    options: [
      Option(name: "top", value: "N", help: "how many classes to show (default 3)"),
      Option(name: "invert", help: "swap dark and light, for pictures on a white ground"),
      Option(name: "out", value: "DIR", help: "where the classes of pixels are drawn (a run that tells them)"),
      Option(name: "json", help: "print one JSON object a line"),
    ] + PictureModel.options,
    details: """
      Images are PNG or JPEG files. They are made gray and resized to what the model of a run expects; the
      ground should be dark and the object light, as in Fashion-MNIST. With --model photographs are
      prepared as in the training of the weights. A table is a file of comma-separated values that has
      the columns that the run was trained on; of a series, what comes after its last row is told. A text
      is a file in UTF-8, each line of which is answered by a line; - is standard input.
      """
  ) { arguments in
    if arguments.string("model") == nil, arguments.string("weights") == nil, arguments.operands.count >= 2 {
      let run = try TrainedRun(arguments.operands[0])
      switch run.recipe.work {
      case .classification: break
      case .languageModel, .translation: throw run.mismatch(expected: "predicts (apus generate, apus translate)")
      case .imageModel: throw run.mismatch(expected: "predicts (apus figure, apus generate)")
      case .punctuation: return try predictMarks(TrainedTagger(run), arguments)
      case .textClassification: return try predictTopics(TrainedTextClassifier(run), arguments)
      case .forecast: return try predictNext(TrainedForecaster(run), arguments)
      case .segmentation: return try predictPixels(TrainedSegmenter(run), arguments)
      case .table: return try predictRows(TrainedTable(run), arguments)
      }
    }
    try predictImages(arguments)
  }

  private static func predictImages(_ arguments: ParsedArguments) throws {
    if arguments.isGiven("out") { throw UsageError("--out is for a run that classifies pixels (apus predict --help)") }
    let (model, paths) = try PictureModel.named(arguments)
    let classes = model.classNames
    let top = min(try arguments.integer("top", in: 1...1_000_000) ?? 3, classes.count)
    // All images are read before the first answer, so that a wrong one is told at once.
    let images = try paths.map { try model.input($0, isInverted: arguments.has("invert")) }
    let probabilities = Classifier(model.model).probabilities(concatenate(images, axis: 0))
    let width = paths.map(\.count).max() ?? 0
    for (row, path) in paths.enumerated() {
      let shares = probabilities[row].scalars(Float.self).map(Double.init)
      guard shares.allSatisfy(\.isFinite) else {
        throw Failure("\(model.weightsPath): the model answers \(path) with NaN: its weights are not usable")
      }
      let best = shares.indices.sorted { (shares[$0], $1) > (shares[$1], $0) }.prefix(top)
      if arguments.has("json") {
        let list = best.map { JSONValue.object(["class": .string(classes[$0]), "probability": .number(shares[$0])]) }
        Terminal.print(JSONValue.object(["image": .string(path), "predictions": .array(list)]).serialized())
      } else {
        let text = best.map { "\(classes[$0]) \(shares[$0].percent(1))" }.joined(separator: ", ")
        Terminal.print("\(path.singleLine.padded(width))  \(text)")
      }
    }
  }
}
