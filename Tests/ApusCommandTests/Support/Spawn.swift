import Foundation
import Testing

/// How a program ended and what it said.
struct Finished: Sendable {
  /// The exit status; nil when a signal ended the program.
  let status: Int32?
  let signal: Int32?
  let output: String
  let errors: String

  var errorLines: [Substring] { errors.split(separator: "\n") }
}

/// A program under way, its output going to files so that no pipe can fill up.
final class Running {
  let identifier: pid_t
  private let outputPath: String
  private let errorPath: String
  private var waitStatus: Int32?

  /// Starts a program. `terminal` is the path of a terminal that becomes its standard error.
  init(_ words: [String], directory: String, environment: [String: String] = [:], terminal: String? = nil) throws {
    let base = NSTemporaryDirectory() + "apus-test-output-\(UUID().uuidString)"
    (outputPath, errorPath) = (base + ".out", base + ".err")
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t?
      var attributes: posix_spawnattr_t?
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addchdir_np(&actions, directory)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(
      &actions, 2, terminal ?? errorPath, terminal == nil ? O_WRONLY | O_CREAT | O_TRUNC : O_RDWR | O_NOCTTY, 0o600)
    // Whatever the test runner does with signals must not reach the program.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let inherited = ProcessInfo.processInfo.environment.filter { !["APUS_DATA", "TERM", "NO_COLOR"].contains($0.key) }
    let variables = inherited.merging(["SWIFT_BACKTRACE": "enable=no", "TERM": "xterm"]) { $1 }
      .merging(environment) { $1 }
    var arguments = words.map { strdup($0) } + [nil]
    var strings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (arguments + strings).forEach { free($0) } }
    var identifier: pid_t = 0
    let code = posix_spawnp(&identifier, words[0], &actions, &attributes, &arguments, &strings)
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EINVAL) }
    self.identifier = identifier
  }

  /// Whether the program has not ended yet.
  var isAlive: Bool {
    if waitStatus != nil { return false }
    var status: Int32 = 0
    guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
    waitStatus = status
    return false
  }

  /// Sends a signal if the program has not ended.
  func send(_ number: Int32) { if isAlive { kill(identifier, number) } }

  /// Waits for the end, calling `meanwhile` over and over.
  func wait(seconds: Double = 60, meanwhile: () -> Void = {}) -> Finished {
    let end = Date(timeIntervalSinceNow: seconds)
    while isAlive {
      meanwhile()
      usleep(1000)
      if Date() > end {
        Issue.record("the program did not end within \(seconds) seconds")
        kill(identifier, SIGKILL)
        while isAlive { usleep(1000) }
      }
    }
    meanwhile()
    let status = waitStatus!
    let wasKilled = status & 0x7F != 0
    defer { [outputPath, errorPath].forEach { unlink($0) } }
    return Finished(
      status: wasKilled ? nil : status >> 8 & 0xFF, signal: wasKilled ? status & 0x7F : nil,
      output: contents(outputPath), errors: contents(errorPath))
  }

  private func contents(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}

/// Waits until something is so, or the program has ended; tells which.
func waitUntil(_ running: Running, _ condition: () -> Bool) -> Bool {
  while running.isAlive {
    if condition() { return true }
    usleep(500)
  }
  return false
}
