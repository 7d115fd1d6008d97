import Apus
import ApusDatasets
import ApusImages

extension Command {
  static let recipes = Command(name: "recipes", summary: "List what can be trained") { _ in
    let width = Recipe.all.map(\.name.count).max() ?? 0
    for recipe in Recipe.all {
      Terminal.print("\(recipe.name.padded(width))  \(recipe.summary)")
      Terminal.print(
        "\("".padded(width))  \(recipe.epochs) epochs, batches of \(recipe.batchSize), \(recipe.optimizer), "
          + "learning rate \(recipe.learningRate)"
          + (recipe.schedule == .constant ? "" : " in schedule \(recipe.schedule.rawValue)"))
    }
  }

  static let datasets = Command(
    name: "datasets", summary: "List data sets, fetch one, or write its images as PNG files",
    operands: "[fetch NAME | extract NAME]", operandCount: 0...2,
    options: [
      Option(name: "data", value: "DIR", help: "where the data set is (extract)"),
      Option(name: "count", value: "N", help: "how many test images to write (extract, default 5)"),
      Option(name: "out", value: "DIR", help: "where to write them (extract)"),
    ]
  ) { arguments in
    switch arguments.operands.first {
    case nil: try listDatasets()
    case "fetch": try fetchDataset(arguments)
    case "extract": try extractImages(arguments)
    case let word?:
      throw UsageError(unknown: "word", word, among: ["fetch", "extract"], help: "apus datasets --help")
    }
  }

  private static func listDatasets() throws {
    let place = try FashionMNIST.locate()?.directory
    Terminal.print("fashion-mnist  60,000 + 10,000 gray images 28 × 28 in 10 classes, 31 MB, MIT licence")
    Terminal.print("               \(place.map { "in \($0)" } ?? "not here: apus datasets fetch fashion-mnist")")
  }

  private static func named(_ arguments: ParsedArguments) throws -> String {
    guard arguments.operands.count == 2 else {
      throw UsageError("expected the name of a data set (apus datasets --help)")
    }
    return arguments.operands[1]
  }

  private static func fetchDataset(_ arguments: ParsedArguments) throws {
    Interruption.watch()
    let location = try DatasetAccess.fetch(try named(arguments))
    Terminal.clearLine()
    Terminal.print(location.directory)
  }

  private static func extractImages(_ arguments: ParsedArguments) throws {
    guard let out = arguments.string("out") else { throw UsageError("extract needs --out, where to write the images") }
    let count = try arguments.integer("count", in: 1...1_000_000) ?? 5
    let data = try DatasetAccess.load(try named(arguments), directory: arguments.string("data"), isQuiet: false)
    try File.createDirectory(out)
    let size = data.test.height * data.test.width * data.test.channels
    for number in 0..<min(count, data.test.count) {
      let name = data.classNames[Int(data.test.labels[number])].lowercased()
        .map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined()
      let image = Image(
        width: data.test.width, height: data.test.height, channels: data.test.channels,
        pixels: Array(data.test.pixels[(number * size)..<((number + 1) * size)]))
      let path = "\(out)/\(number)-\(name).png"
      try image.writePNG(to: path)
      Terminal.print(path)
    }
  }
}
