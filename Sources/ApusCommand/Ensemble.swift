import Apus

extension Command {
  static let ensemble = Command(
    name: "ensemble", summary: "Judge several trained models together on their test images", operands: "RUN RUN…",
    operandCount: 2...Int.max,
    options: [
      Option(name: "data", value: "DIR", help: "where the data set is (default: as in training)"),
      Option(name: "json", help: "print one JSON object"),
      Option(name: "quiet", help: "no progress"),
    ],
    details: """
      Shown are each model by itself, the class that most of them vote for, and the class of the highest
      mean probability. Runs of one recipe with different --seed make an ensemble.
      """
  ) { arguments in
    let paths = arguments.operands
    let runs = try paths.map { try TrainedRun($0) }
    for (path, run) in zip(paths, runs).dropFirst() {
      guard run.recipe.dataset == runs[0].recipe.dataset,
        run.configuration.classNames == runs[0].configuration.classNames
      else {
        throw Failure(
          "\(path): a run on \(run.configuration.dataset), not on \(runs[0].configuration.dataset) as \(paths[0])")
      }
    }
    let data = try DatasetAccess.load(
      runs[0].recipe.dataset, directory: arguments.string("data") ?? runs[0].configuration.dataDirectory,
      isQuiet: arguments.has("quiet"))
    let ensemble = try Ensemble(runs.map(\.model), data.test)
    if arguments.has("json") {
      let members = zip(paths, ensemble.members).map { path, accuracy -> JSONValue in
        ["run": .string(path), "accuracy": .number(accuracy)]
      }
      let json: JSONValue = [
        "dataset": .string(data.name), "count": .integer(Int64(data.test.count)), "members": .array(members),
        "vote": .number(ensemble.vote), "average": .number(ensemble.average),
      ]
      return Terminal.print(json.serialized())
    }
    let names = paths + ["majority vote", "mean probability"]
    let width = names.map(\.count).max() ?? 0
    Terminal.print("\(data.name), \(data.test.count.grouped) test images")
    for (name, accuracy) in zip(names, ensemble.members + [ensemble.vote, ensemble.average]) {
      Terminal.print("  \(name.singleLine.padded(width))  \(accuracy.percent())")
    }
  }
}

/// How well several classifiers do, each by itself and together.
private struct Ensemble {
  /// The share of right answers of each member.
  let members: [Double]
  /// Of the class that most members vote for.
  let vote: Double
  /// Of the class of the highest mean probability.
  let average: Double

  init(_ models: [any Layer], _ images: LabeledImages) throws {
    let classifiers = models.map { Classifier($0) }
    var votes = [[Int]](repeating: [], count: models.count)
    var (averaged, labels): ([Int], [Int]) = ([], [])
    for batch in ImageLoader(images, batchSize: 500).epoch(0) {
      let shares = classifiers.map { $0.probabilities(batch.images) }
      for (member, share) in shares.enumerated() { votes[member] += share.argMax().doubles().map { Int($0) } }
      averaged += Bagging.softVote(shares).labels.doubles().map { Int($0) }
      labels += batch.labels.doubles().map { Int($0) }
    }
    func accuracy(_ answers: [Int]) -> Double {
      Double(zip(answers, labels).count { $0 == $1 }) / Double(max(1, labels.count))
    }
    members = votes.map(accuracy)
    vote = accuracy(Bagging.majorityVote(votes))
    average = accuracy(averaged)
  }
}
