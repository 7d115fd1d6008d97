import Apus
import ApusFiles

extension Experiment {
  /// Errors taken apart against the degree of polynomials.
  static let biasVariance = Experiment(
    name: "bias-variance", summary: "bias² + variance + noise against the degree of a polynomial, on a noisy sine"
  ) { seed in
    var key = RandomKey(seed)
    let results = SineToy().polynomials(degrees: Array(0...14), trainingSets: 300, key: &key)
    var report = Report()
    report.lines.append("degree    bias²  variance  noise      sum  measured  training")
    var rows: [JSONValue] = []
    for result in results {
      let parts = result.decomposition
      let cells = [
        parts.squaredBias, parts.variance, parts.noise, parts.sum, parts.measuredError, result.trainingError,
      ]
      report.lines.append(
        "\("\(result.degree)".leftPadded(6))"
          + zip(cells, [9, 10, 7, 9, 10, 10]).map { $0.significant().leftPadded($1) }
          .joined())
      rows.append([
        "degree": .integer(result.degree), "squared_bias": .number(parts.squaredBias),
        "variance": .number(parts.variance), "noise": .number(parts.noise), "sum": .number(parts.sum),
        "measured_error": .number(parts.measuredError), "training_error": .number(result.trainingError),
      ])
    }
    report.json["rows"] = .array(rows)
    return report
  }

  /// Training that ends when the validation loss no longer falls.
  static let earlyStopping = Experiment(
    name: "early-stopping", summary: "a network overfits 15 points; patience ends it and the best weights come back"
  ) { seed in
    var key = RandomKey(seed)
    let run = EarlyStoppingRun(key: &key)
    let last = run.validationLosses.count - 1
    var report = Report()
    report.lines = [
      "least validation loss \(run.validationLosses[run.bestEpoch].significant()) in epoch \(run.bestEpoch + 1)",
      "stopped in epoch \(run.stoppingEpoch + 1), patience \(run.patience)",
      "restored validation loss \(run.restoredLoss.significant())",
      "without stopping, after \(last + 1) epochs: \(run.validationLosses[last].significant()) "
        + "(training \(run.trainingLosses[last].significant()))",
    ]
    report.json = [
      "best_epoch": .integer(run.bestEpoch + 1), "stopping_epoch": .integer(run.stoppingEpoch + 1),
      "patience": .integer(run.patience), "restored_loss": .number(run.restoredLoss),
      "training_losses": .numbers(run.trainingLosses), "validation_losses": .numbers(run.validationLosses),
    ]
    return report
  }

  /// The variance of means of estimators.
  static let bagging = Experiment(
    name: "bagging", summary: "the variance of ensembles: V / k when members are independent, less gained by bootstrap"
  ) { seed in
    var key = RandomKey(seed)
    let results = Bagging.varianceReduction(members: [1, 2, 4, 8, 16, 32], key: &key)
    let single = results[0].independentVariance
    var report = Report()
    report.lines.append("members  independent      V / k  bootstrap  bias² of bootstrap")
    var rows: [JSONValue] = []
    for result in results {
      let expected = single / Double(result.members)
      report.lines.append(
        "\("\(result.members)".leftPadded(7))\(result.independentVariance.significant().leftPadded(13))"
          + "\(expected.significant().leftPadded(11))\(result.baggedVariance.significant().leftPadded(11))"
          + "\(result.baggedSquaredBias.significant().leftPadded(20))")
      rows.append([
        "members": .integer(result.members), "independent_variance": .number(result.independentVariance),
        "expected": .number(expected), "bagged_variance": .number(result.baggedVariance),
        "bagged_squared_bias": .number(result.baggedSquaredBias),
      ])
    }
    report.json["rows"] = .array(rows)
    return report
  }

  /// Hidden units with dropout and without.
  static let coAdaptation = Experiment(
    name: "co-adaptation", summary: "how much hidden units rely on each other, by the probability of dropout"
  ) { seed in
    let runs = [0, 0.2, 0.5, 0.7].map { dropout -> CoAdaptation in
      var key = RandomKey(seed)
      return CoAdaptation(dropout: dropout, key: &key)
    }
    var report = Report()
    report.lines.append("dropout  cancellation  error when half fail  correlation  test error")
    for run in runs {
      report.lines.append(
        "\(run.dropout.fixed(1).leftPadded(7))\(run.cancellation.significant().leftPadded(14))"
          + "\("× \(run.errorRatio.significant())".leftPadded(22))\(run.correlation.significant().leftPadded(13))"
          + run.testError.significant().leftPadded(12))
    }
    report.json["rows"] = .array(
      runs.map { run in
        [
          "dropout": .number(run.dropout), "cancellation": .number(run.cancellation),
          "correlation": .number(run.correlation), "error_ratio": .number(run.errorRatio),
          "test_error": .number(run.testError),
        ]
      })
    return report
  }
}
