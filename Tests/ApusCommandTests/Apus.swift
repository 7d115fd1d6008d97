import ApusCompression
import ApusData
import ApusFiles
import ApusFilesTestSupport
import Foundation
import Testing

/// One run of the command: what it printed and how it ended.
struct Run {
  let status: Int32
  let output: String
  let errors: String

  /// The lines on standard error.
  var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
}

enum Apus {
  /// The command that was built beside the tests.
  static let executable = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("apus")

  static func start(_ arguments: [String], in directory: String? = nil) throws -> (
    process: Process, output: Pipe, errors: Pipe
  ) {
    try start(executable, arguments, in: directory)
  }

  private static func start(_ program: URL, _ arguments: [String], in directory: String?) throws -> (
    process: Process, output: Pipe, errors: Pipe
  ) {
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory) }
    process.environment = ProcessInfo.processInfo.environment.merging(["apus": executable.path]) { $1 }
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return (process, output, errors)
  }

  @discardableResult
  static func run(_ arguments: String...) throws -> Run { try run(arguments) }

  @discardableResult
  static func run(_ arguments: [String], in directory: String? = nil) throws -> Run {
    let (process, output, errors) = try start(arguments, in: directory)
    return finish(process, output, errors)
  }

  /// Runs a line of shell in which `$apus` is the command.
  static func shell(_ line: String) throws -> Run {
    let (process, output, errors) = try start(URL(fileURLWithPath: "/bin/sh"), ["-c", line], in: nil)
    return finish(process, output, errors)
  }

  static func finish(_ process: Process, _ output: Pipe, _ errors: Pipe) -> Run {
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let messages = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Run(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: messages, as: UTF8.self))
  }
}

/// Checks that the command failed as it should: nothing on standard output, one line on standard error that says all
/// of `parts`.
func expectFailure(
  _ run: Run, status: Int32 = 1, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(run.status == status, "\(run.errors)", sourceLocation: sourceLocation)
  #expect(run.output.isEmpty, sourceLocation: sourceLocation)
  #expect(run.errors.hasPrefix("apus: ") && run.errors.hasSuffix("\n"), "\(run.errors)", sourceLocation: sourceLocation)
  #expect(isSingleLine(String(run.errors.dropLast())), "\(run.errors)", sourceLocation: sourceLocation)
  for part in parts { #expect(run.errors.contains(part), "\(run.errors)", sourceLocation: sourceLocation) }
}

/// A directory that is removed when the test is over.
final class Scratch {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
    try File.createDirectory(path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// A data set of the form of Fashion-MNIST's, small and easy: each class has its own bright row.
  @discardableResult
  func makeData(_ name: String = "data", train: Int = 256, test: Int = 64) throws -> String {
    let directory = self(name)
    try File.createDirectory(directory)
    for (part, count) in [("train", train), ("t10k", test)] {
      var pixels = [UInt8](repeating: 0, count: count * 784)
      for image in 0..<count {
        for column in 0..<28 { pixels[image * 784 + (image % 10 * 2 + 4) * 28 + column] = UInt8(200 + image % 50) }
      }
      let images = IDXFile.encode(dimensions: [count, 28, 28], bytes: pixels)
      let labels = IDXFile.encode(dimensions: [count], bytes: (0..<count).map { UInt8($0 % 10) })
      try AtomicFile.write(Gzip.compress(images), to: "\(directory)/\(part)-images-idx3-ubyte.gz")
      try AtomicFile.write(Gzip.compress(labels), to: "\(directory)/\(part)-labels-idx1-ubyte.gz")
    }
    return directory
  }
}
