import ApusFiles
import ApusNN
import ApusTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes what TensorBoard shows: an event file (records of TensorFlow's `TFRecord` with messages of Protocol Buffers) in a
/// directory of its own.
///
/// ```swift
/// let writer = try EventWriter(directory: "runs/mine/events")
/// try writer.scalar("train/loss", 0.25, step: 100)
/// ```
public final class EventWriter {
  public let path: String
  private let now: () -> Double

  /// Begins a file beside those that there are.
  public convenience init(directory: String) throws {
    try File.createDirectory(directory)
    let start = "\(directory)/events.out.tfevents.\(Int(secondsSince1970())).apus.\(getpid())."
    var number = 0
    while File.exists(start + "\(number)") { number += 1 }
    try self.init(path: start + "\(number)", now: secondsSince1970)
  }

  /// - Parameter now: The time that is written with each event, in seconds since 1970.
  public init(path: String, now: @escaping () -> Double) throws {
    self.path = path
    self.now = now
    try AtomicFile.write(Event(time: now(), step: 0, content: .version).record, to: path)
  }

  private func add(_ content: Event.Content, _ step: Int) throws {
    try File.append(Event(time: now(), step: step, content: content).record, to: path)
  }

  public func scalar(_ tag: String, _ value: Double, step: Int) throws {
    try add(.summary(tag: tag, .scalar(value)), step)
  }

  /// How a tensor's elements are spread.
  public func histogram(_ tag: String, _ tensor: Tensor, step: Int) throws {
    try histogram(tag, Histogram(tensor.cast(to: .float64).doubles()), step: step)
  }

  public func histogram(_ tag: String, _ histogram: Histogram, step: Int) throws {
    try add(.summary(tag: tag, .histogram(histogram)), step)
  }

  /// A picture, which the caller has made a PNG file of.
  ///
  /// - Parameter channels: 1 gray, 3 red, green and blue, 4 with transparency.
  public func image(
    _ tag: String, png: [UInt8], width: Int, height: Int, channels: Int, step: Int
  ) throws {
    try add(.summary(tag: tag, .image(png: png, width: width, height: height, channels: channels)), step)
  }

  /// A text, in which Markdown is understood.
  public func text(_ tag: String, _ text: String, step: Int) throws {
    try add(.summary(tag: tag, .text(text)), step)
  }

  /// A model's layers.
  public func graph(_ summary: ModelSummary) throws { try add(.graph(GraphDescription(summary)), 0) }

  /// Training goes on with this step: what earlier files say about it and later ones is dropped by viewers.
  public func sessionStart(step: Int) throws { try add(.sessionStart, step) }
}

/// The time, in seconds since 1970.
func secondsSince1970() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
