import Apus
import ApusImages
import ApusRasterizer

/// Draws what a model makes of images as training goes on, into `RUN/pictures`: a PNG file for each of some epochs
/// (`samples-0003.png`; `samples-0000.png` is of before), the last one (`samples.png`), and all of them as one that moves
/// (`samples-training.png`).
final class DrawPictures: Callback {
  private let kinds: [TrainingPicture]
  private let directory: RunDirectory
  private let interval: Int
  /// How many steps were taken when the last pictures were drawn.
  private var lastStep: Int?
  /// More pictures than this are not shown one after another.
  private static let mostFrames = 40

  /// - Parameter interval: Epochs between two pictures.
  init(_ kinds: [TrainingPicture], directory: RunDirectory, interval: Int) {
    (self.kinds, self.directory, self.interval) = (kinds, directory, interval)
  }

  func runBegan(_ trainer: Trainer) throws {
    guard trainer.progress.step == 0, !trainer.isFinished else { return }
    try draw(trainer, epoch: 0)
  }

  func epochEnded(_ trainer: Trainer, _ report: EpochReport) throws {
    if report.epoch % interval == 0 { try draw(trainer, epoch: report.epoch) }
  }

  func runEnded(_ trainer: Trainer, _ outcome: Trainer.Outcome) throws {
    guard let lastStep else { return }
    if outcome.isFinal, lastStep < trainer.progress.step {
      // In the midst of an epoch it counts as the next one's.
      try draw(trainer, epoch: trainer.progress.epoch + (trainer.progress.batch > 0 ? 1 : 0))
    }
    for kind in kinds { try join(kind) }
  }

  private func draw(_ trainer: Trainer, epoch: Int) throws {
    lastStep = trainer.progress.step
    if kinds.isEmpty { return }
    try File.createDirectory(directory.picturesPath)
    try trainer.task.withAverages {
      for kind in kinds {
        let png = Phase.with(.inference) { kind.draw().pngData }
        try AtomicFile.write(png, to: directory.picturePath(kind.name, epoch: epoch))
        try AtomicFile.write(png, to: directory.picturePath(kind.name))
      }
    }
  }

  /// Makes one picture that moves of those of the epochs: the files tell, also those of earlier parts of a run.
  private func join(_ kind: TrainingPicture) throws {
    let names = try File.names(in: directory.picturesPath).sorted().filter { name in
      let parts = name.split(separator: "-")
      return parts.count == 2 && parts[0] == kind.name && parts[1].dropLast(4).allSatisfy(\.isNumber)
    }
    guard names.count > 1 else { return }
    let stride = (names.count + Self.mostFrames - 1) / Self.mostFrames
    // The last is always among them.
    let shown = names.indices.filter { (names.count - 1 - $0) % stride == 0 }
    let frames = try shown.map { try File.read("\(directory.picturesPath)/\(names[$0])") }
    do {
      let moving = try AnimatedPNG.joined(frames, seconds: 0.3 * Double(frames.count))
      try AtomicFile.write(moving, to: directory.picturePath(kind.name + "-training"))
    } catch let error as Rasterizer.Failure {
      throw Failure("\(directory.picturesPath): \(error)")
    }
  }

  /// The pictures of a run as they were drawn last, or those that move where there are such.
  static func written(_ directory: RunDirectory, _ kinds: [TrainingPicture], isMoving: Bool) -> [TrainingReport.Sample]
  {
    kinds.compactMap { kind in
      let paths =
        (isMoving ? [directory.picturePath(kind.name + "-training")] : []) + [directory.picturePath(kind.name)]
      guard let path = paths.first(where: File.exists), let png = try? File.read(path),
        let image = try? Image(png: png, path: path)
      else { return nil }
      return TrainingReport.Sample(
        png: png, width: image.width, height: image.height, channels: image.channels,
        caption: "\(kind.name): \(kind.caption)")
    }
  }
}

extension RunDirectory {
  /// Where pictures of training are.
  var picturesPath: String { path + "/pictures" }

  func picturePath(_ name: String, epoch: Int? = nil) -> String {
    let number = epoch.map { String($0) }
    let suffix = number.map { "-" + String(repeating: "0", count: max(0, 4 - $0.count)) + $0 } ?? ""
    return "\(picturesPath)/\(name)\(suffix).png"
  }
}
