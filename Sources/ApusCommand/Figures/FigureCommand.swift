import Apus
import ApusDrawing
import ApusFiles
import ApusRasterizer

extension Command {
  static let figure = Command(
    name: "figure", summary: "Draw a picture of how something works", operands: "NAME [SUBJECT]", operandCount: 0...2,
    options: [
      Option(name: "out", value: "FILE", help: "where to draw it, .svg or .png (default NAME.svg)"),
      Option(name: "json", value: "FILE", help: "write the numbers that are drawn"),
      Option(name: "seed", value: "N", help: "of random numbers (default 1)"),
      Option(name: "width", value: "N", help: "pixels (default: the figure's own)"),
      Option(name: "height", value: "N", help: "pixels (default: the figure's own)"),
      Option(name: "text", value: "TEXT", help: "what a model of texts reads in the figure"),
      Option(name: "frames", value: "N", help: "of a .png that moves: so many pictures"),
      Option(name: "list", help: "list the figures"),
    ],
    details:
      "`apus figure --list` names what can be drawn. Figures that move do so in a browser as SVG, and\nas PNG with --frames."
  ) { arguments in
    if arguments.has("list") { return listFigures() }
    guard let name = arguments.operands.first else {
      throw UsageError("expected the name of a figure (apus figure --list)")
    }
    let recipe = try FigureRecipe.named(name)
    let subject = arguments.operands.dropFirst().first
    try recipe.check(subject: subject)
    let out = arguments.string("out") ?? "\(name).svg"
    try Figure.checkName(out)
    let seed = try arguments.seed("seed") ?? 1
    let width = try arguments.integer("width", in: 200...8192).map(Double.init)
    let height = try arguments.integer("height", in: 150...8192).map(Double.init)
    let figure = try recipe.make(FigureOptions(seed: seed, subject: subject, text: arguments.string("text")))
    let frames = try arguments.integer("frames", in: 2...500)
    if frames != nil, !out.hasSuffix(".png") {
      throw UsageError("--frames: expected --out with a name that ends in .png")
    }
    if frames != nil, figure.seconds == nil { throw UsageError("--frames: nothing moves in the figure \(name)") }
    if out.hasSuffix(".png") {
      let bytes: [UInt8]
      do {
        bytes = try picture(figure, (width ?? figure.size.width, height ?? figure.size.height), frames: frames)
      } catch let error as Rasterizer.Failure {
        throw Failure("\(out): \(error)")
      }
      try AtomicFile.write(bytes, to: out)
    } else {
      try AtomicFile.write(figure.svg(width: width, height: height), to: out)
    }
    Terminal.print(out)
    if let path = arguments.string("json") {
      try AtomicFile.write(JSONValue(figure, name: name, seed: seed).serialized() + "\n", to: path)
      Terminal.print(path)
    }
  }

  /// A PNG file; with `frames` one that moves.
  private static func picture(_ figure: Figure, _ size: (width: Double, height: Double), frames: Int?) throws -> [UInt8]
  {
    func still(_ moment: Double?) throws -> [UInt8] {
      let svg = figure.svg(width: size.width, height: size.height, moment: moment)
      return try Rasterizer.png(svg: svg, width: Int(size.width), height: Int(size.height))
    }
    guard let frames, let seconds = figure.seconds else { return try still(nil) }
    let pictures = try (0..<frames).map { try still(Double($0) / Double(frames - 1)) }
    return try AnimatedPNG.joined(pictures, seconds: seconds)
  }

  private static func listFigures() {
    let width = FigureRecipe.all.map(\.name.count).max() ?? 0
    for recipe in FigureRecipe.all {
      let subject =
        switch recipe.subject {
        case .none: ""
        case .required(let what): " (expects \(what))"
        case .choice(let names): " (\(names.joined(separator: ", ")))"
        }
      Terminal.print("\(recipe.name.padded(width))  \(recipe.summary)\(subject)")
    }
  }
}
