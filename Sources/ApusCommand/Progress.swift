import Apus

/// Shows how training goes: a bar on a terminal, a line an epoch elsewhere, nothing when quiet.
final class Progress: Callback {
  private let run: any RecipeRun
  private let epochs: Int
  private let steps: Int?
  private let isQuiet: Bool
  private let clock = ContinuousClock()
  private var lastShown: ContinuousClock.Instant?
  /// When the first batch was seen, and how many batches of the run were done then.
  private var beginning: (time: ContinuousClock.Instant, batches: Int)?

  init(_ run: any RecipeRun, isQuiet: Bool) {
    (self.run, self.isQuiet) = (run, isQuiet)
    (epochs, steps) = (run.configuration.epochs, run.configuration.extras.steps)
  }

  func batchEnded(_ trainer: Trainer, _ report: BatchReport) {
    guard !isQuiet, Terminal.isInteractive else { return }
    var total = epochs * report.batchCount
    if let steps { total = min(total, steps * trainer.options.batchesPerStep) }
    let left = timeLeft(batches: (report.epoch - 1) * report.batchCount + report.batch, of: total)
    // More often than the eye can follow only costs time.
    if let lastShown, clock.now - lastShown < .milliseconds(80), report.batch < report.batchCount { return }
    lastShown = clock.now
    let loss = report.means.entries.first?.value ?? .nan
    let text = Progress.bar(
      "epoch \(report.epoch)/\(epochs)", report.batch, of: report.batchCount,
      "loss \(loss.fixed(4))  \(Int(report.examplesPerSecond).grouped) \(type(of: run).exampleName)/s  "
        + "\(report.waitingShare.percent(1)) waiting\(left)", width: Terminal.width)
    Terminal.status(text)
  }

  func epochEnded(_ trainer: Trainer, _ report: EpochReport) {
    if isQuiet { return }
    let waiting = report.waitingShare >= 0.02 ? "  \(report.waitingShare.percent(0)) of the time waiting for data" : ""
    Terminal.note(
      "epoch \(report.epoch)/\(epochs)  \(report.seconds.fixed(1)) s  train \(run.epochText(report.train))  "
        + "test \(run.epochText(report.validation?.measures ?? Measures()))\(waiting)")
  }

  /// `  1:05 left`, from the pace since this process began; nothing before that can be told.
  private func timeLeft(batches: Int, of total: Int) -> String {
    let now = clock.now
    guard let beginning else {
      self.beginning = (now, batches)
      return ""
    }
    let pace = (now - beginning.time).inSeconds / Double(max(1, batches - beginning.batches))
    let seconds = Int((pace * Double(max(0, total - batches))).rounded())
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "  \(hours > 0 ? "\(hours):\(twoDigits(minutes))" : "\(minutes)"):\(twoDigits(seconds % 60)) left"
  }

  /// `title [=====>    ] 120/469  note`, with as much of a bar as fits.
  static func bar(_ title: String, _ done: Int, of total: Int, _ note: String, width: Int) -> String {
    let count = "\(done)/\(total)"
    let room = width - title.count - count.count - note.count - 8
    guard room >= 8 else { return "\(title) \(count)  \(note)" }
    let length = min(room, 40)
    let filled = total == 0 ? length : min(length, length * done / total)
    let head = filled < length ? ">" : ""
    let bar = String(repeating: "=", count: filled) + head + String(repeating: " ", count: length - filled - head.count)
    return "\(title) [\(bar)] \(count)  \(note)"
  }
}
