import ApusFiles
import ApusTensor

/// Writes the run's page, `report.html`, when training ends or stops.
public final class WriteReport: Callback {
  private let title: String
  private let classNames: [String]
  private let facts: () -> [(name: String, value: String)]
  private let pictures: (Trainer) -> [TrainingReport.Sample]
  private let samples: (Trainer) -> [TrainingReport.Sample]
  private let clock = ContinuousClock()
  private var start: ContinuousClock.Instant?
  private var hasTrained = false

  /// - Parameters:
  ///   - classNames: For the classes of a confusion matrix, if one is measured.
  ///   - facts: What was run on what; asked when the page is written.
  ///   - pictures: Of training, larger than examples.
  ///   - samples: Examples to be shown, with what the model makes of them.
  public init(
    title: String, classNames: [String] = [], facts: @escaping () -> [(name: String, value: String)] = { [] },
    pictures: @escaping (Trainer) -> [TrainingReport.Sample] = { _ in [] },
    samples: @escaping (Trainer) -> [TrainingReport.Sample] = { _ in [] }
  ) {
    (self.title, self.classNames, self.facts) = (title, classNames, facts)
    (self.pictures, self.samples) = (pictures, samples)
  }

  public func runBegan(_ trainer: Trainer) { start = clock.now }

  public func batchEnded(_ trainer: Trainer, _ report: BatchReport) { hasTrained = true }

  public func runEnded(_ trainer: Trainer, _ outcome: Trainer.Outcome) throws {
    // The page of a run that was over already stays as it is.
    guard let directory = trainer.directory, hasTrained || !File.exists(directory.reportPath) else { return }
    let confusion = trainer.lastValidation?.metrics.compactMap { $0 as? ConfusionMatrix }.first
    var facts = facts()
    facts.append(("steps done", "\(trainer.progress.step)"))
    if let start { facts.append(("time of this process", "\(Int((clock.now - start).inSeconds.rounded())) s")) }
    facts.append(("ended", "\(WriteReport.words(outcome)), \(Self.date(secondsSince1970()))"))
    let report = TrainingReport(
      title: title, lead: lead(trainer), measurements: try directory.measurements(), confusion: confusion,
      classNames: classNames, pictures: pictures(trainer), samples: samples(trainer), facts: facts)
    try AtomicFile.write(report.html, to: directory.reportPath)
  }

  /// What was measured last: `test loss 0.3163, accuracy 0.8871 after 5 epochs`.
  private func lead(_ trainer: Trainer) -> String {
    guard let measures = trainer.lastValidation?.measures else { return "" }
    let all = measures.map { measure in
      "\(measure.name.split(separator: "_").joined(separator: " ")) \(Self.rounded(measure.value))"
    }
    let epochs = trainer.completedEpochs
    return "\(trainer.options.validationName) \(all.joined(separator: ", ")) after \(trainer.progress.step) steps"
      + (epochs > 0 ? " (\(epochs) epoch\(epochs == 1 ? "" : "s"))" : "")
  }

  private static func rounded(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e9 else { return "\(value)" }
    let digits = Int((value.magnitude * 10_000).rounded())
    let fraction = String(digits % 10_000)
    let text = "\(digits / 10_000)." + String(repeating: "0", count: 4 - fraction.count) + fraction
    return (value < 0 ? "-" : "") + text
  }

  private static func words(_ outcome: Trainer.Outcome) -> String {
    switch outcome {
    case .finished: "finished"
    case .stoppedEarly(let reason): "stopped early: \(reason)"
    case .interrupted: "interrupted"
    case .outOfTime: "the time was over"
    }
  }

  /// `2026-11-21 19:40 UTC`, by the civil calendar (Richards 2013).
  static func date(_ seconds: Double) -> String {
    let total = Int(seconds)
    let (days, rest) = (total / 86_400, total % 86_400)
    let f = days + 2_440_588 + 1401 + (((4 * (days + 2_440_588) + 274_277) / 146_097) * 3) / 4 - 38
    let e = 4 * f + 3
    let h = 5 * ((e % 1461) / 4) + 2
    let (day, month) = ((h % 153) / 5 + 1, (h / 153 + 2) % 12 + 1)
    let year = e / 1461 - 4716 + (14 - month) / 12
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(year)-\(two(month))-\(two(day)) \(two(rest / 3600)):\(two(rest / 60 % 60)) UTC"
  }
}
