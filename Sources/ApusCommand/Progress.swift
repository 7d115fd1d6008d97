import ApusTraining

/// Shows how training goes: a bar on a terminal, a line an epoch elsewhere, nothing when quiet.
struct Progress {
  let epochs: Int
  let isQuiet: Bool
  private let clock = ContinuousClock()
  private var lastShown: ContinuousClock.Instant?
  /// When the first step was seen, and how many steps of the run were done then.
  private var beginning: (time: ContinuousClock.Instant, steps: Int)?

  init(epochs: Int, isQuiet: Bool) {
    self.epochs = epochs
    self.isQuiet = isQuiet
  }

  mutating func show(_ event: Trainer.Event) {
    if isQuiet { return }
    switch event {
    case .step(let epoch, let batch, let batchCount, let loss, let rate):
      guard Terminal.isInteractive else { return }
      let left = timeLeft(steps: (epoch - 1) * batchCount + batch, of: epochs * batchCount)
      // More often than the eye can follow only costs time.
      if let lastShown, clock.now - lastShown < .milliseconds(80), batch < batchCount { return }
      lastShown = clock.now
      let text = Progress.bar(
        "epoch \(epoch)/\(epochs)", batch, of: batchCount,
        "loss \(loss.fixed(4))  \(Int(rate).grouped) images/s\(left)", width: Terminal.width)
      Terminal.status(text)
    case .epoch(let epoch, let loss, let accuracy, let test, let seconds):
      Terminal.note(
        "epoch \(epoch)/\(epochs)  \(seconds.fixed(1)) s  train loss \(loss.fixed(4)) accuracy \(accuracy.percent())  "
          + "test loss \(test.loss.fixed(4)) accuracy \(test.accuracy.percent())")
    }
  }

  /// `  1:05 left`, from the pace since this process began; nothing before that can be told.
  private mutating func timeLeft(steps: Int, of total: Int) -> String {
    let now = clock.now
    guard let beginning else {
      self.beginning = (now, steps)
      return ""
    }
    let pace = (now - beginning.time).inSeconds / Double(max(1, steps - beginning.steps))
    let seconds = Int((pace * Double(total - steps)).rounded())
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
