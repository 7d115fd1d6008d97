import Apus
import ApusFiles
import ApusImages

extension Command {
  static let predict = Command(
    name: "predict", summary: "Say what a trained model sees in PNG and JPEG images", operands: "RUN IMAGE…",
    operandCount: 2...Int.max,
    options: [
      Option(name: "top", value: "N", help: "how many classes to show (default 3)"),
      Option(name: "invert", help: "swap dark and light, for pictures on a white ground"),
      Option(name: "json", help: "print one JSON object a line"),
    ],
    details: """
      Images are made gray and resized to what the model expects; the ground should be dark and the object
      light, as in Fashion-MNIST.
      """
  ) { arguments in
    let run = try TrainedRun(arguments.operands[0])
    let classes = run.configuration.classNames
    let top = min(try arguments.integer("top", in: 1...1_000_000) ?? 3, classes.count)
    let paths = Array(arguments.operands.dropFirst())
    // All images are read before the first answer, so that a wrong one is told at once.
    let shape = run.recipe.inputShape
    let pixels = try paths.flatMap { try values($0, shape, isInverted: arguments.has("invert")) }
    let images = Tensor(pixels, shape: Shape([paths.count] + shape))
    let probabilities = Classifier(run.model).probabilities(images)
    let width = paths.map(\.count).max() ?? 0
    for (row, path) in paths.enumerated() {
      let shares = probabilities[row].scalars(Float.self).map(Double.init)
      guard shares.allSatisfy(\.isFinite) else {
        throw Failure("\(run.modelPath): the model answers \(path) with NaN: its weights are not usable")
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

  private static func values(_ path: String, _ shape: Shape, isInverted: Bool) throws -> [Float] {
    let image = try Image(contentsOf: path)
    let ground: UInt8 = isInverted ? 255 : 0
    let gray = image.flattened(over: ground).grayscale().resized(width: shape[1], height: shape[0])
    return gray.pixels.map { Float(isInverted ? 255 - $0 : $0) / 255 }
  }
}
