import Apus
import ApusDrawing
import ApusFiles

extension FigureRecipe {
  /// Loss and accuracy of a run, from its `metrics.jsonl`.
  static let curves = FigureRecipe(
    name: "curves", summary: "loss and accuracy of a training run", subject: .required("a run directory")
  ) { options in
    let directory = RunDirectory(options.subject ?? "")
    let configuration = try directory.configuration()
    let metrics = try Metrics(directory.metricsPath)
    func lines(_ wanted: [(split: String, metric: String, label: String)]) -> [any Mark] {
      wanted.enumerated().compactMap { number, series in
        let points = metrics.points(series.split, series.metric)
        guard !points.isEmpty else { return nil }
        // What is measured every few steps is a line, what is once an epoch has its places marked.
        let isFine = series.metric == "loss" && series.split == "train"
        let style = isFine ? Style(Color(0x9DB8CC), width: 1) : Style.series(number)
        return Line(points, name: series.label, style: style, markers: isFine ? .none : .all)
      }
    }
    let losses = lines([
      ("train", "loss", "a training batch"), ("train", "epoch_loss", "training"), ("test", "loss", "test"),
    ])
    let accuracies = lines([("train", "accuracy", "training"), ("test", "accuracy", "test")])
    let perplexities = lines([("test", "perplexity", "test")])
    let quality =
      accuracies.isEmpty && !perplexities.isEmpty
      ? Plot("Perplexity", x: Axis("training step"), y: Axis("e to the loss", .logarithmic), perplexities)
      : Plot("Accuracy", x: Axis("training step"), y: Axis("share of right answers"), accuracies)
    guard !losses.isEmpty else {
      throw Failure("\(directory.metricsPath): no measurements yet, expected those of at least one epoch")
    }
    return Figure(
      "\(configuration.recipe) on \(configuration.dataset)", columns: 2, size: (1180, 470),
      [
        Plot("Loss", x: Axis("training step"), y: Axis("cross-entropy"), losses),
        quality,
      ])
  }

  /// The lines of a run's measurements.
  private struct Metrics {
    private let lines: [JSONValue]

    init(_ path: String) throws {
      let text = String(decoding: try File.read(path), as: UTF8.self)
      lines = try text.split(separator: "\n").map { line in
        guard let json = try? JSONValue(parsing: String(line)) else {
          throw FileError.malformed(path, "a line that is no JSON object: \(line.prefix(60))")
        }
        return json
      }
    }

    func points(_ split: String, _ name: String) -> [Point] {
      lines.compactMap { line in
        guard line["split"]?.string == split, line["name"]?.string == name, let step = line["step"]?.double,
          let value = line["value"]?.double
        else { return nil }
        return Point(step, value)
      }
    }
  }

  /// What a trained model takes each class for.
  static let confusion = FigureRecipe(
    name: "confusion", summary: "which classes a trained model takes for which", subject: .required("a run directory")
  ) { options in
    let run = try TrainedClassifier(options.subject ?? "")
    let data = try run.data(isQuiet: true)
    let classes = run.configuration.classNames
    let result = run.evaluate(data.test)
    let counts = result.confusion.map { $0.map(Double.init) }
    // The first class at the top, as in a table.
    let grid = Grid(
      counts.reversed(), x: -0.5...(Double(classes.count) - 0.5), y: -0.5...(Double(classes.count) - 0.5))
    func axis(_ label: String, _ names: [String]) -> Axis {
      Axis(label, ticks: .named(names.enumerated().map { (Double($0.offset), $0.element) }), hasGrid: false)
    }
    return Figure(
      "\(run.configuration.recipe) on \(data.name): what is taken for what",
      note: "\(result.count.grouped) test images, \(result.accuracy.percent()) right.", size: (980, 760),
      facts: [("accuracy", result.accuracy), ("loss", result.loss)],
      [
        Plot(
          x: axis("predicted class", classes), y: axis("true class", classes.reversed()),
          [
            HeatMap(grid, colors: .blues, kind: .symmetricLogarithmic(threshold: 10), label: "images") {
              $0.fixed(0)
            }
          ])
      ])
  }
}
