import ApusFiles
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Results go to standard output, everything else to standard error.
enum Terminal {
  /// A line of results. The command ends when it cannot be written: who reads them must not take a part for all.
  static func print(_ text: String) { write(text + "\n") }

  /// A part of a line of results.
  static func write(_ text: String) {
    guard let code = write(text, to: STDOUT_FILENO) else { return }
    if code != EPIPE { error("\(FileError.system("standard output", cannot: "write", code: code))") }
    exit(1)
  }

  /// What went wrong, on one line whatever file names it may hold.
  static func error(_ text: String) { note("apus: \(text.singleLine)") }

  /// A line for the person who watches.
  static func note(_ text: String) {
    clearLine()
    _ = write(text + "\n", to: STDERR_FILENO)
  }

  static let isInteractive: Bool = isatty(STDERR_FILENO) != 0 && environment("TERM") != "dumb"

  /// How many columns the terminal has.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  private static let hasStatus = Atomic(false)

  /// Replaces the line that is being rewritten; only on a terminal.
  static func status(_ text: String) {
    guard isInteractive else { return }
    hasStatus.store(true, ordering: .relaxed)
    _ = write("\r" + String(text.prefix(max(0, width - 1))) + "\u{1B}[K", to: STDERR_FILENO)
  }

  static func clearLine() {
    if hasStatus.exchange(false, ordering: .relaxed) { _ = write("\r\u{1B}[K", to: STDERR_FILENO) }
  }

  static func exit(_ status: Int32) -> Never {
    clearLine()
    #if canImport(Glibc)
      Glibc.exit(status)
    #elseif canImport(Musl)
      Musl.exit(status)
    #else
      Darwin.exit(status)
    #endif
  }

  static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Writes all of the text; returns the system's error when it cannot.
  private static func write(_ text: String, to descriptor: Int32) -> Int32? {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { send($0, to: descriptor) }
      if count >= 0 {
        bytes = bytes.dropFirst(count)
      } else if errno == EAGAIN {
        // A pipe that another program made non-blocking.
        var readiness = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&readiness, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }

  private static func send(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, bytes.baseAddress, bytes.count)
    #elseif canImport(Musl)
      Musl.write(descriptor, bytes.baseAddress, bytes.count)
    #else
      Darwin.write(descriptor, bytes.baseAddress, bytes.count)
    #endif
  }
}

/// Ctrl-C, seen by whoever can stop at a good moment. A second one ends the program at once.
enum Interruption {
  private static let isRequested = Atomic(false)

  /// Starts to watch for SIGINT and SIGTERM, even where whoever started the program had them blocked.
  static func watch() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interruption.isRequested.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  static var wasRequested: Bool { isRequested.load(ordering: .relaxed) }
}

extension Double {
  /// The number with so many digits after the point.
  func fixed(_ digits: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : (self < 0 ? "-inf" : "inf") }
    let scale = pow(10, Double(digits))
    let scaled = (magnitude * scale).rounded()
    guard scaled < 1e15 else { return "\(self)" }
    var fraction = String(Int(scaled) % Int(scale))
    fraction = String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
    let sign = self < 0 && scaled > 0 ? "-" : ""
    return sign + (digits == 0 ? "\(Int(scaled))" : "\(Int(scaled) / Int(scale)).\(fraction)")
  }

  /// A share as a percentage: `87.5 %`.
  func percent(_ digits: Int = 2) -> String { (self * 100).fixed(digits) + " %" }
}

extension Int {
  /// The number with commas between thousands.
  var grouped: String {
    var text = ""
    for (place, digit) in String(magnitude).reversed().enumerated() {
      if place > 0, place % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (self < 0 ? "-" : "") + String(text.reversed())
  }
}

extension String {
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
  func leftPadded(_ width: Int) -> String { String(repeating: " ", count: Swift.max(0, width - count)) + self }
}
