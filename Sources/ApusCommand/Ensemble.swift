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
    let runs = try paths.map { try TrainedClassifier($0) }
    for (path, run) in zip(paths, runs).dropFirst() {
      guard run.recipe.dataset == runs[0].recipe.dataset,
        run.configuration.classNames == runs[0].configuration.classNames
      else {
        throw Failure(
          "\(path): a run on \(run.configuration.dataset), not on \(runs[0].configuration.dataset) as \(paths[0])")
      }
    }
    let data = try runs[0].data(directory: arguments.string("data"), isQuiet: arguments.has("quiet"))
    let ensemble = Ensemble(runs, data.test)
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

  init(_ runs: [TrainedClassifier], _ images: LabeledImages) {
    let classifiers = runs.map { Classifier($0.model) }
    // Each sees the images as it was trained to.
    let epochs = runs.map { $0.batches(images).epoch(0) }
    var votes = [[Int]](repeating: [], count: runs.count)
    var (averaged, labels): ([Int], [Int]) = ([], [])
    while true {
      let batches = epochs.compactMap { $0.next()?.tensors }
      guard let first = batches.first else { break }
      let shares = zip(classifiers, batches).map { $0.probabilities($1[0]) }
      for (member, share) in shares.enumerated() { votes[member] += share.argMax().doubles().map { Int($0) } }
      averaged += Bagging.softVote(shares).labels.doubles().map { Int($0) }
      labels += first[1].doubles().map { Int($0) }
    }
    func accuracy(_ answers: [Int]) -> Double {
      Double(zip(answers, labels).count { $0 == $1 }) / Double(max(1, labels.count))
    }
    members = votes.map(accuracy)
    vote = accuracy(Bagging.majorityVote(votes))
    average = accuracy(averaged)
  }
}
