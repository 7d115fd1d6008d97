import ApusCompression
import ApusData
import ApusFiles
import ApusFilesTestSupport
import ApusTrainingTestSupport
import Foundation
import Testing

/// A directory that all tests share: an easy data set in `data`, a run trained on it in `run`. Nobody changes them.
enum Fixture {
  static let root: String = {
    let root = NSTemporaryDirectory() + "apus-command-tests-\(UUID().uuidString)"
    do {
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
      try write(try easyData(train: 200, test: 50), to: root + "/data")
      let trained = try apus(
        ["train", "lenet5", "--data", "data", "--out", "run"] + quickly + ["--quiet"], in: root)
      guard trained.status == 0 else { fatalError("the shared run cannot be trained: \(trained.errors)") }
    } catch { fatalError("\(error)") }
    atexit { try? FileManager.default.removeItem(atPath: Fixture.root) }
    return root
  }()

  static var data: String { root + "/data" }
  static var run: String { root + "/run" }

  /// Options for a training that takes a moment.
  static let quickly = ["--epochs", "2", "--batch-size", "40", "--seed", "1"]

  /// The command, built beside the test bundle.
  static let executable: String = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    var directory = URL(fileURLWithPath: own).deletingLastPathComponent()
    // On macOS the bundle is a directory.
    while directory.path.contains(".xctest") { directory.deleteLastPathComponent() }
    let path = directory.appendingPathComponent("apus").path
    guard FileManager.default.isExecutableFile(atPath: path) else { fatalError("\(path): not built") }
    return path
  }()

  static let files = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]

  /// Writes a data set as the four files of MNIST.
  static func write(_ data: ImageClassificationData, to directory: String) throws {
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    for (part, names) in [(data.train, files[0...1]), (data.test, files[2...3])] {
      let images = IDXFile.encode(dimensions: [part.count, part.height, part.width], bytes: part.pixels)
      let labels = IDXFile.encode(dimensions: [part.count], bytes: part.labels)
      for (name, bytes) in zip(names, [images, labels]) {
        try AtomicFile.write(Gzip.compress(bytes, level: 1), to: "\(directory)/\(name).gz")
      }
    }
  }

  /// A copy of something in the fixture, to be changed at will.
  static func copy(_ name: String, to directory: String) throws -> String {
    let path = directory + "/" + name
    try FileManager.default.copyItem(atPath: root + "/" + name, toPath: path)
    return path
  }
}

/// Runs the command to its end.
@discardableResult
func apus(
  _ arguments: [String], in directory: String = NSTemporaryDirectory(), environment: [String: String] = [:]
) throws -> Finished {
  try Running([Fixture.executable] + arguments, directory: directory, environment: environment).wait()
}

/// Runs a line of shell in which `$apus` is the command.
func shell(_ line: String, in directory: String = NSTemporaryDirectory()) throws -> Finished {
  try Running(["/bin/sh", "-c", line], directory: directory, environment: ["apus": Fixture.executable]).wait()
}

/// Checks that the command failed as it should: nothing on standard output, one line on standard error that says all
/// of `words`.
func expectFailure(
  _ result: Finished, status: Int32 = 1, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
  #expect(result.output == "", sourceLocation: sourceLocation)
  #expect(result.errors.hasPrefix("apus: ") && result.errors.hasSuffix("\n"), "\(result.errors)", sourceLocation: sourceLocation)
  #expect(isSingleLine(String(result.errors.dropLast())), "\(result.errors)", sourceLocation: sourceLocation)
  for word in words {
    #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: sourceLocation)
  }
}

/// The bytes of a file that must be there.
func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// The lines of a run's metrics, each a JSON object.
func metrics(_ run: String) throws -> [[String: Any]] {
  try String(contentsOfFile: run + "/metrics.jsonl", encoding: .utf8).split(separator: "\n").map { line in
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }
}
