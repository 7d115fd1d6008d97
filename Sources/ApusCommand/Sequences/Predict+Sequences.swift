import Apus
import ApusFiles

extension Command {
  /// The words of each line of texts with the marks that belong between them.
  static func predictMarks(_ run: TrainedTagger, _ arguments: ParsedArguments) throws {
    try refuse(["invert", "out", "top"], arguments, "a run that puts marks between words")
    let lines = try lines(arguments)
    for (line, marked) in zip(lines, run.marked(lines.map(\.text))) {
      if arguments.has("json") {
        Terminal.print(JSONValue.object(["text": .string(line.text), "marked": .string(marked)]).serialized())
      } else {
        Terminal.print(marked)
      }
    }
  }

  /// What each line of texts is about.
  static func predictTopics(_ run: TrainedTextClassifier, _ arguments: ParsedArguments) throws {
    try refuse(["invert", "out"], arguments, "a run that classifies texts")
    let classes = run.run.configuration.classNames
    let top = min(try arguments.integer("top", in: 1...1_000_000) ?? 3, classes.count)
    let lines = try lines(arguments)
    for (line, shares) in zip(lines, try run.probabilities(lines.map(\.text))) {
      let best = shares.indices.sorted { (shares[$0], $1) > (shares[$1], $0) }.prefix(top)
      if arguments.has("json") {
        let list = best.map { JSONValue.object(["class": .string(classes[$0]), "probability": .number(shares[$0])]) }
        Terminal.print(JSONValue.object(["text": .string(line.text), "predictions": .array(list)]).serialized())
      } else {
        let text = best.map { "\(classes[$0].singleLine) \(shares[$0].percent(1))" }.joined(separator: ", ")
        Terminal.print("\(line.text.singleLine)  \(text)")
      }
    }
  }

  /// What comes after the last row of each table.
  static func predictNext(_ run: TrainedForecaster, _ arguments: ParsedArguments) throws {
    try refuse(["invert", "out", "top"], arguments, "a run that continues series")
    // All tables are read and answered before the first line, so that a wrong one is told at once.
    let answers = try arguments.operands.dropFirst().map { path in
      let names = Set(run.encoding.columns.map(\.name))
      return (path, try run.next(after: TextTable(contentsOfCSV: path, knownNames: names)))
    }
    let name = run.encoding.target.name
    for (path, value) in answers {
      guard value.isFinite else {
        throw Failure("\(run.run.directory.modelPath): the model answers \(path) with NaN: it is not usable")
      }
      if arguments.has("json") {
        Terminal.print(
          JSONValue.object(["table": .string(path), "column": .string(name), "next": .number(value)]).serialized())
      } else {
        Terminal.print("\(path.singleLine)  \(name.singleLine) next \(value.significant(6))")
      }
    }
  }

  private static func refuse(_ options: [String], _ arguments: ParsedArguments, _ what: String) throws {
    for option in options where arguments.isGiven(option) {
      throw UsageError("--\(option) is not for \(what) (apus predict --help)")
    }
  }

  /// The lines of the files that are named, those without a word left out.
  private static func lines(_ arguments: ParsedArguments) throws -> [(path: String, text: String)] {
    try arguments.operands.dropFirst().flatMap { path in
      let text = path == "-" ? try StandardInput.text(maximumSize: 1 << 30) : try File.readText(path)
      let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        .filter { $0.contains { !$0.isWhitespace } }
      guard !lines.isEmpty else { throw Failure("\(path): has no words") }
      return lines.map { (path, $0) }
    }
  }
}
