import Apus
import ApusDatasets
import ApusImages

extension Command {
  static let recipes = Command(name: "recipes", summary: "List what can be trained") { _ in
    let width = (Recipe.all.map(\.name.count) + AgentRecipe.all.map(\.name.count)).max() ?? 0
    for recipe in Recipe.all {
      Terminal.print("\(recipe.name.padded(width))  \(recipe.summary)")
      Terminal.print(
        "\("".padded(width))  \(recipe.epochs) epochs, batches of \(recipe.batchSize), \(recipe.optimizer), "
          + "learning rate \(recipe.learningRate)"
          + (recipe.schedule == .constant ? "" : " in schedule \(recipe.schedule.rawValue)"))
    }
    for recipe in AgentRecipe.all {
      Terminal.print("\(recipe.name.padded(width))  \(recipe.summary)")
      Terminal.print(
        "\("".padded(width))  \(recipe.totalSteps.grouped) steps in \(recipe.environment), learning rate "
          + "\(recipe.learningRate)")
    }
  }

  static let datasets = Command(
    name: "datasets", summary: "List data sets, fetch one, or write its images or texts as files",
    operands: "[fetch NAME | extract NAME]", operandCount: 0...2,
    options: [
      Option(name: "json", help: "list as one JSON array"),
      Option(name: "data", value: "DIR", help: "where the data set is (extract)"),
      Option(name: "count", value: "N", help: "how many test images to write (extract, default 5)"),
      Option(name: "out", value: "DIR", help: "where to write them (extract)"),
    ],
    details: """
      A data set is looked for in $APUS_DATA and the directory of its name there, where the system's
      packages put it, and in the user's cache, to which it is fetched. $APUS_NAME_URL (as
      APUS_CIFAR_10_URL) names another address. Texts come with packages of the
      system. Other images are used by their folder, one folder in it
      for each class: apus train RECIPE --data DIR.
      """
  ) { arguments in
    switch arguments.operands.first {
    case nil: try listDatasets(arguments)
    case "fetch": try fetchDataset(arguments)
    case "extract": try extractImages(arguments)
    case let word?:
      throw UsageError(unknown: "word", word, among: ["fetch", "extract"], help: "apus datasets --help")
    }
  }

  private static func listDatasets(_ arguments: ParsedArguments) throws {
    let places = try Dataset.all.map { try $0.locate()?.directory }
    if arguments.has("json") {
      let list =
        zip(Dataset.all, places).map { dataset, place in
          JSONValue.object([
            "name": .string(dataset.name), "summary": .string(dataset.summary), "licence": .string(dataset.licence),
            "bytes": .integer(Int64(dataset.downloadSize)), "source": .string(dataset.source),
            "directory": place.map { .string($0) } ?? .null,
          ])
        }
        + (try textDatasetsAsJSON())
      return Terminal.print(JSONValue.array(list).serialized())
    }
    let width = (Dataset.all.map(\.name.count) + TextDataset.all.map(\.name.count)).max() ?? 0
    for (dataset, place) in zip(Dataset.all, places) {
      let megabytes = Double(dataset.downloadSize) / 1e6
      let size = "\(megabytes.fixed(megabytes < 10 ? 1 : 0)) MB"
      Terminal.print("\(dataset.name.padded(width))  \(dataset.summary)")
      Terminal.print("\("".padded(width))  \(size), licence: \(dataset.licence), from \(dataset.source)")
      Terminal.print(
        "\("".padded(width))  \(place.map { "in \($0)" } ?? "not here: apus datasets fetch \(dataset.name)")")
    }
    try listTextDatasets(width)
  }

  private static func named(_ arguments: ParsedArguments) throws -> String {
    guard arguments.operands.count == 2 else {
      throw UsageError("expected the name of a data set (apus datasets --help)")
    }
    return arguments.operands[1]
  }

  private static func fetchDataset(_ arguments: ParsedArguments) throws {
    Interruption.watch()
    let name = try named(arguments)
    if let text = TextDataset.named(name) { throw Failure("\(name) is not fetched, it comes with \(text.source)") }
    let location = try DatasetAccess.fetch(name)
    Terminal.clearLine()
    Terminal.print(location.directory)
  }

  private static func extractImages(_ arguments: ParsedArguments) throws {
    guard let out = arguments.string("out") else { throw UsageError("extract needs --out, where to write the images") }
    if let text = TextDataset.named(try named(arguments)) { return try extract(text, to: out, arguments) }
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
