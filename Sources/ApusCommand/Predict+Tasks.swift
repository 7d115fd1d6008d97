import Apus
import ApusFiles
import ApusImages

extension Command {
  /// What each row of tables is taken for, a line a row.
  static func predictRows(_ run: TrainedTable, _ arguments: ParsedArguments) throws {
    for option in ["invert", "out"] where arguments.isGiven(option) {
      throw UsageError("--\(option) is not for a run on a table (apus predict --help)")
    }
    let classes = run.encoding.classNames
    let top = min(try arguments.integer("top", in: 1...1_000_000) ?? 3, max(1, classes.count))
    let tables = try arguments.operands.dropFirst().map { try run.table($0) }
    // All tables are read and answered before the first line, so that a wrong one is told at once.
    let answers = try tables.map { try run.answers($0) }
    for (table, values) in zip(tables, answers) {
      for row in table.rows.indices {
        let numbers = values[row].scalars(Float.self).map(Double.init)
        guard numbers.allSatisfy(\.isFinite) else {
          throw Failure("\(run.run.directory.modelPath): the model answers row \(row + 1) with NaN: it is not usable")
        }
        var json: JSONObject = ["table": .string(table.path), "row": .integer(Int64(row + 1))]
        let text: String
        if classes.isEmpty {
          text = numbers[0].significant(6)
          json["prediction"] = .number(numbers[0])
        } else {
          let best = numbers.indices.sorted { (numbers[$0], $1) > (numbers[$1], $0) }.prefix(top)
          text = best.map { "\(classes[$0].singleLine) \(numbers[$0].percent(1))" }.joined(separator: ", ")
          json["predictions"] = .array(
            best.map { ["class": .string(classes[$0]), "probability": .number(numbers[$0])] })
        }
        if arguments.has("json") {
          Terminal.print(JSONValue.object(json).serialized())
        } else {
          Terminal.print("\(table.path.singleLine) row \(row + 1)  \(text)")
        }
      }
    }
  }

  /// What the pixels of pictures are taken for: the share of each class, and with `--out` a picture of them.
  static func predictPixels(_ run: TrainedSegmenter, _ arguments: ParsedArguments) throws {
    let model = PictureModel(run)
    let paths = arguments.operands.dropFirst()
    let top = min(try arguments.integer("top", in: 1...1_000_000) ?? 3, model.classNames.count)
    let isInverted = arguments.has("invert")
    let pictures = try paths.map {
      (try model.picture($0, isInverted: isInverted), try model.input($0, isInverted: isInverted))
    }
    let out = arguments.string("out")
    if let out { try File.createDirectory(out) }
    for (number, (path, (picture, input))) in zip(paths, pictures).enumerated() {
      let classes = Classifier(model.model).probabilities(input).argMax()[0].scalars(Int32.self).map(Int.init)
      var counts = [Int](repeating: 0, count: model.classNames.count)
      for label in classes { counts[label] += 1 }
      let shares = counts.map { Double($0) / Double(max(1, classes.count)) }
      let best = shares.indices.filter { counts[$0] > 0 }.sorted { (shares[$0], $1) > (shares[$1], $0) }.prefix(top)
      if let out {
        try Image(stacking: [picture.rgb(), Image(classes: classes, width: picture.width)])
          .writePNG(to: "\(out)/classes-\(number + 1).png")
      }
      if arguments.has("json") {
        let list = best.map {
          JSONValue.object(["class": .string(model.classNames[$0]), "share": .number(shares[$0])])
        }
        Terminal.print(JSONValue.object(["image": .string(path), "pixels": .array(list)]).serialized())
      } else {
        let text = best.map { "\(model.classNames[$0]) \(shares[$0].percent(1))" }.joined(separator: ", ")
        Terminal.print("\(path.singleLine)  \(text) of the pixels")
      }
    }
  }
}
