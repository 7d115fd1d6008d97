import ApusNN
import ApusOptim
import ApusTensor

/// Writes event files for TensorBoard: losses, rates and speed every few steps, measurements and histograms of the
/// parameters after each epoch, the model's graph and a text at the beginning.
public final class LogTensorBoard: Callback {
  private let directory: String
  private let interval: Int
  private let summary: ModelSummary?
  private let text: String
  private let images: ((Trainer) -> [Picture])?
  private var writer: EventWriter?

  /// A picture that was made a PNG file of.
  public struct Picture: Sendable {
    public let tag: String
    public let png: [UInt8]
    public let width: Int
    public let height: Int
    public let channels: Int

    public init(tag: String, png: [UInt8], width: Int, height: Int, channels: Int) {
      (self.tag, self.png, self.width, self.height, self.channels) = (tag, png, width, height, channels)
    }
  }

  /// - Parameters:
  ///   - directory: Of the event files.
  ///   - interval: Steps between two measurements.
  ///   - summary: Of the model whose graph is shown.
  ///   - text: What is trained, in Markdown.
  ///   - images: Pictures to be shown after each epoch.
  public init(
    directory: String, interval: Int = 50, summary: ModelSummary? = nil, text: String = "",
    images: ((Trainer) -> [Picture])? = nil
  ) {
    (self.directory, self.interval, self.summary, self.text) = (directory, interval, summary, text)
    self.images = images
  }

  public func runBegan(_ trainer: Trainer) throws {
    let writer = try EventWriter(directory: directory)
    self.writer = writer
    if trainer.progress.step > 0 {
      try writer.sessionStart(step: trainer.progress.step + 1)
    } else {
      if let summary { try writer.graph(summary) }
      if !text.isEmpty { try writer.text("run", text, step: 0) }
    }
  }

  public func batchEnded(_ trainer: Trainer, _ report: BatchReport) throws {
    guard let writer, report.step % interval == 0, trainer.isStepEnd(report.batch) else { return }
    for measure in report.values { try writer.scalar("train/\(measure.name)", measure.value, step: report.step) }
    for objective in trainer.task.objectives {
      let tag = "train/\(objective.prefix)learning_rate"
      try writer.scalar(tag, objective.optimizer.learningRate, step: report.step)
    }
    try writer.scalar("speed/examples_per_second", report.examplesPerSecond, step: report.step)
    try writer.scalar("speed/waiting_share", report.waitingShare, step: report.step)
  }

  public func epochEnded(_ trainer: Trainer, _ report: EpochReport) throws {
    guard let writer else { return }
    for measure in report.train { try writer.scalar("epoch/train_\(measure.name)", measure.value, step: report.step) }
    for measure in report.validation?.measures ?? Measures() {
      try writer.scalar("epoch/\(trainer.options.validationName)_\(measure.name)", measure.value, step: report.step)
    }
    for objective in trainer.task.objectives {
      for entry in objective.model.parameters {
        try writer.histogram("\(objective.prefix)\(entry.path)", entry.slot.tensor!, step: report.step)
      }
    }
    for picture in images?(trainer) ?? [] {
      try writer.image(
        picture.tag, png: picture.png, width: picture.width, height: picture.height, channels: picture.channels,
        step: report.step)
    }
  }
}
