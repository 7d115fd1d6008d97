import ApusCompression
import ApusData
import ApusFiles
import Foundation

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

  static func start(_ arguments: [String]) throws -> (process: Process, output: Pipe, errors: Pipe) {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    return (process, output, errors)
  }

  @discardableResult
  static func run(_ arguments: String...) throws -> Run {
    let (process, output, errors) = try start(arguments)
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
