import Apus
import ApusDrawing

extension Command {
  static let figure = Command(
    name: "figure", summary: "Draw a picture of how something works", operands: "NAME [SUBJECT]", operandCount: 0...2,
    options: [
      Option(name: "out", value: "FILE", help: "where to draw it, .svg or .png (default NAME.svg)"),
      Option(name: "json", value: "FILE", help: "write the numbers that are drawn"),
      Option(name: "seed", value: "N", help: "of random numbers (default 1)"),
      Option(name: "width", value: "N", help: "pixels (default: the figure's own)"),
      Option(name: "height", value: "N", help: "pixels (default: the figure's own)"),
      Option(name: "list", help: "list the figures"),
    ],
    details: "`apus figure --list` names what can be drawn. Animated figures move in a browser, as SVG."
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
    let figure = try recipe.make(FigureOptions(seed: seed, subject: subject))
    try figure.write(to: out, width: width, height: height)
    Terminal.print(out)
    if let path = arguments.string("json") {
      try AtomicFile.write(JSONValue(figure, name: name, seed: seed).serialized() + "\n", to: path)
      Terminal.print(path)
    }
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
