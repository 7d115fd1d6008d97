import Apus
import ApusFiles
import ApusImages

extension Command {
  static let inspect = Command(
    name: "inspect", summary: "Draw what a trained model has learned and what it sees in an image",
    operands: "[RUN] IMAGE", operandCount: 1...2,
    options: [
      Option(name: "out", value: "DIR", help: "where to draw it (default inspection)"),
      Option(name: "class", value: "NAME", help: "whose evidence is shown (default: the class that is answered)"),
      Option(name: "layer", value: "PATH", help: "whose places Grad-CAM shows (default: the last of several places)"),
      Option(name: "shift", value: "N", help: "by how many pixels the image is moved (default: an eighth of its side)"),
      Option(name: "maps", value: "N", help: "how many maps and filters of each layer are drawn (default 64)"),
      Option(name: "invert", help: "swap dark and light, for pictures on a white ground"),
    ] + PictureModel.options,
    details: """
      Written are, with PATH for that of each layer:
        filters-PATH.png      the weights of each convolution: blue below 0, orange above
        maps-PATH.png         what each layer makes of the image, channel by channel
        saliency.png          how strongly each pixel moves the class (Simonyan et al. 2014)
        grad-cam.png          where the evidence for the class is (Selvaraju et al. 2017)
        translation.svg       the answer to the image moved by some pixels
        inspection.json       all of it in numbers
      """
  ) { arguments in
    let (model, rest) = try PictureModel.named(arguments)
    guard rest.count == 1 else { throw UsageError("expected one image (apus inspect --help)") }
    let isInverted = arguments.has("invert")
    let (picture, input) = (
      try model.picture(rest[0], isInverted: isInverted), try model.input(rest[0], isInverted: isInverted)
    )
    let probabilities = try model.probabilities(input, rest[0])
    let label = try label(arguments.string("class"), model, probabilities)
    let side = min(model.inputShape[0], model.inputShape[1])
    let inspection = Inspection(
      model: model, imagePath: rest[0], picture: picture, input: input, probabilities: probabilities, label: label,
      layer: arguments.string("layer"), shift: try arguments.integer("shift", in: 0...side) ?? max(1, side / 8),
      mapCount: try arguments.integer("maps", in: 1...4096) ?? 64)
    let out = arguments.string("out") ?? "inspection"
    // What cannot be found is told before anything is written.
    let result = try inspection.computed()
    try File.createDirectory(out)
    try result.write(to: out)
    let answer = "\(model.classNames[label]) \(probabilities[label].percent(1))"
    Terminal.print("\(rest[0].singleLine): \(answer), in \(out)")
  }

  /// The number of the class that is asked for: by name or number, or the likeliest one.
  private static func label(_ name: String?, _ model: PictureModel, _ probabilities: [Double]) throws -> Int {
    guard let name else { return probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0 }
    if let label = model.classNames.firstIndex(of: name) { return label }
    if let label = Int(name), model.classNames.indices.contains(label) { return label }
    let names = model.classNames.count > 20 ? [] : model.classNames
    throw UsageError(unknown: "class", name, among: names, help: "apus inspect --help")
  }
}
